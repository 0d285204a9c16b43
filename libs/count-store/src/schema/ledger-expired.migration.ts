import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The ledger names events of blocks that were appended after their time. Entries of before have none:
 * blocks did not expire. Postgres adds such a column without writing the table anew.
 */
export class LedgerExpired1764328000000 implements MigrationInterface {
  readonly name = 'LedgerExpired1764328000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE ledger ADD COLUMN expired int8 NOT NULL DEFAULT 0');
  }

  /** What was counted stays counted, and so does what was not. */
  down(): Promise<void> {
    return Promise.reject(new Error('the ledger is never thrown away'));
  }
}
