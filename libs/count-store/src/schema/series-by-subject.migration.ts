import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Finds the series that dimensions split off a subject. Those of whole subjects are not in it: their ids
 * follow from their names, and there are most of them.
 */
export class SeriesBySubject1796000000000 implements MigrationInterface {
  readonly name = 'SeriesBySubject1796000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      "CREATE INDEX series_by_subject ON series (project, type, subject) WHERE dimensions <> ''",
    );
  }

  /** Whatever version comes before does not mind it. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX series_by_subject');
  }
}
