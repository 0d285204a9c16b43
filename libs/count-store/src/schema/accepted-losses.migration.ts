import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who accepted that records of the log are gone. */
export class AcceptedLosses1795860000000 implements MigrationInterface {
  /** Kept for ever in each shard: it must not depend on what a bundler calls the class. */
  readonly name = 'AcceptedLosses1795860000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ACCEPTED_LOSSES);
  }

  /** What a person decided is not forgotten by a change of version. */
  down(): Promise<void> {
    return Promise.reject(new Error('accepted losses cannot be taken back'));
  }
}

/** lost_records: offsets from from_offset, below to_offset, that were not covered here before. */
const ACCEPTED_LOSSES = `CREATE TABLE accepted_losses (
  topic text,
  partition int4,
  from_offset int8,
  to_offset int8,
  accepted_by text NOT NULL,
  reason text NOT NULL,
  accepted_at_ms int8 NOT NULL,
  lost_records int8 NOT NULL,
  PRIMARY KEY (topic, partition, from_offset, to_offset)
)`;
