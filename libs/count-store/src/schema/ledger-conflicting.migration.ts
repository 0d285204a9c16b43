import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The ledger tells copies of an event from other events of its id. Entries of before have none: there
 * such events stand as duplicates. Postgres adds such a column without writing the table anew.
 */
export class LedgerConflicting1795960000000 implements MigrationInterface {
  readonly name = 'LedgerConflicting1795960000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE ledger ADD COLUMN conflicting int8 NOT NULL DEFAULT 0');
  }

  /** What was counted stays counted, and so does what was not. */
  down(): Promise<void> {
    return Promise.reject(new Error('the ledger is never thrown away'));
  }
}
