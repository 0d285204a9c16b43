import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The first tables of a shard. Values are in micro-units; a minute is one since 1970-01-01T00:00Z,
 * so it needs no time zone, and so is the start of every window. What a later version needs is
 * another migration: this one stays as it is.
 *
 * | table                                | what it holds                                             |
 * | ------------------------------------ | --------------------------------------------------------- |
 * | minute_, quarter_, day_counters      | sums of a series in one window, by retention class        |
 * | series                               | who a series id is                                        |
 * | coverage                             | offsets folded in, and the instant that is complete       |
 * | ledger                               | what became of the events of each append hour             |
 * | rolled                               | up to where coarser counters take over, by 16 slots       |
 */
export class Counters1764000000000 implements MigrationInterface {
  /** Kept for ever in each shard: it must not depend on what a bundler calls the class. */
  readonly name = 'Counters1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['minute_counters', 'quarter_counters', 'day_counters'])
      for (const statement of counterTable(table)) await runner.query(statement);
    await runner.query(SERIES);
    await runner.query(COVERAGE);
    await runner.query(LEDGER);
    await runner.query(ROLLED);
    await runner.query(ROLLED_ROWS);
  }

  /** Counters are never thrown away by a change of version. */
  down(): Promise<void> {
    return Promise.reject(new Error('the first migration cannot be taken back'));
  }
}

/** The retention classes that this migration knows; rows carry the index in this list. */
const RETENTION_CLASSES = ['1d', '7d', '30d', '90d', '1y', 'ever'];

/** By retention class, then by time; what no table partition was made for lies in DEFAULT. */
function counterTable(table: string): string[] {
  return [
    `CREATE TABLE ${table} (
  series uuid NOT NULL,
  start_minute int4 NOT NULL,
  retention int2 NOT NULL,
  count int8 NOT NULL,
  valued int8 NOT NULL,
  sum numeric NOT NULL,
  min int8,
  max int8,
  PRIMARY KEY (series, start_minute, retention)
) PARTITION BY LIST (retention)`,
    ...RETENTION_CLASSES.flatMap((name, index) => [
      `CREATE TABLE ${table}_${name} PARTITION OF ${table}
  FOR VALUES IN (${index}) PARTITION BY RANGE (start_minute)`,
      `CREATE TABLE ${table}_${name}_default PARTITION OF ${table}_${name} DEFAULT
  WITH (fillfactor = 80)`,
    ]),
  ];
}

const SERIES = `CREATE TABLE series (
  id uuid PRIMARY KEY,
  project text NOT NULL,
  type text NOT NULL,
  subject text NOT NULL,
  dimensions text NOT NULL
)`;

/** as_of_ms: everything that the log acknowledged before this instant is covered; ms since 1970. */
const COVERAGE = `CREATE TABLE coverage (
  topic text,
  partition int4,
  covered int8multirange NOT NULL DEFAULT '{}',
  as_of_ms int8,
  PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50)`;

/** hour: append time cut to the hour, hours since 1970. */
const LEDGER = `CREATE TABLE ledger (
  topic text,
  partition int4,
  hour int4,
  counted int8 NOT NULL,
  duplicates int8 NOT NULL,
  too_late int8 NOT NULL,
  dead int8 NOT NULL,
  PRIMARY KEY (topic, partition, hour)
) WITH (fillfactor = 80)`;

/**
 * Windows that start before through_minute are in the coarser counters, and whoever adds to the
 * minutes adds there too. 0 before the first roll-up: no event is older than 1970.
 */
const ROLLED = `CREATE TABLE rolled (
  slot_group int2 CHECK (slot_group BETWEEN 0 AND 63),
  granularity text CHECK (granularity IN ('quarter', 'day')),
  through_minute int4 NOT NULL DEFAULT 0,
  PRIMARY KEY (slot_group, granularity),
  CHECK (through_minute % CASE granularity WHEN 'quarter' THEN 15 ELSE 1440 END = 0)
) WITH (fillfactor = 50)`;

const ROLLED_ROWS = `INSERT INTO rolled (slot_group, granularity)
SELECT slot_group, granularity
FROM generate_series(0, 63) AS slot_group, unnest(ARRAY['quarter', 'day']) AS granularity`;
