import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What flushes add to sketches: a row for each series, minute and sketch that a flush adds to, merged by
 * whoever reads them (docs/formats/sketch.md). In table partitions as the minutes are.
 *
 * | column       | what it is                                                         |
 * | ------------ | ------------------------------------------------------------------ |
 * | series       | series id                                                          |
 * | start_minute | since 1970                                                         |
 * | retention    | retention class                                                    |
 * | kind         | 0 different values of an attribute, 1 values                       |
 * | attribute    | hash of the name of the attribute; 0 for values                    |
 * | data         | one sketch or more, one behind the other                           |
 */
export class Sketches1796100000000 implements MigrationInterface {
  readonly name = 'Sketches1796100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SKETCHES);
    await runner.query('CREATE INDEX sketches_key ON sketches (series, start_minute)');
    for (const [index, name] of RETENTION_CLASSES.entries()) {
      await runner.query(`CREATE TABLE sketches_${name} PARTITION OF sketches
  FOR VALUES IN (${index}) PARTITION BY RANGE (start_minute)`);
      await runner.query(
        `CREATE TABLE sketches_${name}_default PARTITION OF sketches_${name} DEFAULT`,
      );
    }
  }

  /** What was counted stays counted. */
  down(): Promise<void> {
    return Promise.reject(new Error('sketches are never thrown away'));
  }
}

/** The retention classes that this migration knows; rows carry the index in this list. */
const RETENTION_CLASSES = ['1d', '7d', '30d', '90d', '1y', 'ever'];

const SKETCHES = `CREATE TABLE sketches (
  series uuid NOT NULL,
  start_minute int4 NOT NULL,
  retention int2 NOT NULL,
  kind int2 NOT NULL,
  attribute int8 NOT NULL,
  data bytea NOT NULL
) PARTITION BY LIST (retention)`;
