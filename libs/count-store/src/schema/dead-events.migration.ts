import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which events of the log are dead, and what people did with them. */
export class DeadEvents1796200000000 implements MigrationInterface {
  readonly name = 'DeadEvents1796200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(DEAD_EVENTS);
    await runner.query(ACTIONS);
    await runner.query('ALTER TABLE ledger ADD COLUMN replayed int8 NOT NULL DEFAULT 0');
  }

  /** What was counted of them would be counted again. */
  down(): Promise<void> {
    return Promise.reject(new Error('dead events that were counted cannot be forgotten'));
  }
}

/**
 * One row for each record of which this shard was told of dead events: by their indexes, all of them,
 * those that were counted later, and those that never will be. The latter two are parts of the first,
 * and have nothing in common. hour: of its append time, as in the ledger.
 */
const DEAD_EVENTS = `CREATE TABLE dead_events (
  topic text,
  partition int4,
  log_offset int8,
  hour int4 NOT NULL,
  told int4multirange NOT NULL,
  replayed int4multirange NOT NULL DEFAULT '{}',
  discarded int4multirange NOT NULL DEFAULT '{}',
  PRIMARY KEY (topic, partition, log_offset),
  CHECK (replayed + discarded <@ told AND NOT replayed && discarded)
) WITH (fillfactor = 80)`;

/** One row for each action that reached this shard. selection: JSON, what was asked for. */
const ACTIONS = `CREATE TABLE dead_event_actions (
  id uuid PRIMARY KEY,
  is_replay bool NOT NULL,
  taken_by text NOT NULL,
  reason text NOT NULL,
  taken_at_ms int8 NOT NULL,
  selection text NOT NULL,
  events int8 NOT NULL
)`;
