import { IDENTITY_COLUMNS } from '../coverage/read-coverage.js';

const ADD = `ON CONFLICT (series, start_minute, retention) DO UPDATE
  SET count = c.count + excluded.count,
      valued = c.valued + excluded.valued,
      sum = c.sum + excluded.sum,
      min = least(c.min, excluded.min),
      max = greatest(c.max, excluded.max)`;

const coarser = (granularity: 'quarter' | 'day', minutes: number): string => `
${granularity}s AS (
  INSERT INTO ${granularity}_counters AS c (series, start_minute, retention, count, valued, sum, min, max)
  SELECT a.series, a.start_minute / ${minutes} * ${minutes} AS start_minute, a.retention,
         sum(a.count), sum(a.valued), sum(a.sum), min(a.min), max(a.max)
  FROM added a
  JOIN closed z ON z.slot_group = get_byte(uuid_send(a.series), 0) >> 2
               AND z.granularity = '${granularity}'
               AND z.through_minute > a.start_minute
  WHERE $15::int4 < (SELECT max(through_minute) FROM closed WHERE granularity = '${granularity}')
  GROUP BY 1, 2, 3
  ORDER BY 1, 2, 3
  ${ADD}
)`;

/**
 * One delta in one statement, which is its transaction: one round trip, and nothing to undo.
 *
 * - `locked` takes the coverage rows in one order and sees what the last holder committed: whatever
 *   the snapshot of the statement is, a locking read gives the newest version of the row (READ
 *   COMMITTED, PostgreSQL manual 13.2.1). The other parts read coverage from `locked` alone.
 * - Every part that changes something depends on `verdict`, so it runs after the locks.
 * - `closed` is read whenever there are rows, and holds back the job that moves `through_minute`
 *   until this transaction ends: a row is added to the coarser counters by exactly one of the two.
 * - An instant is taken only where all below its position is covered then: a shard that lost commits
 *   does not claim to be complete.
 * - All rows are written in key order, so that two writers wait for each other and never deadlock.
 *   Rows and names come in it (DeltaColumns, NameColumns), and what unnests them keeps it.
 * - Sketches are only ever added, so nobody waits for theirs.
 * - Rows are unnested by each part that needs them: the coarser counters need none before they are closed.
 * - `buried` says which events of the records can be settled later (settle-dead-events.sql.ts). A record
 *   that this statement covers was not covered, so nothing was said of it before.
 */
const TOLD = `
WITH told AS (
  SELECT *
  FROM unnest($1::text[], $2::int4[], $3::int8multirange[], $4::int8[], $5::int8[])
    AS t(topic, partition, ranges, as_of_ms, position)
),
locked AS MATERIALIZED (
  SELECT topic, partition, c.covered, t.ranges, c.as_of_ms AS known_ms, t.as_of_ms AS told_ms,
         t.position
  FROM coverage c
  JOIN told t USING (topic, partition)
  ORDER BY topic, partition
  FOR UPDATE OF c
),
verdict AS MATERIALIZED (
  SELECT CASE
           WHEN count(*) < cardinality($1) THEN 'unknown'
           WHEN NOT bool_or(covered && ranges) THEN 'applied'
           WHEN bool_and(ranges <@ covered) THEN 'already'
           ELSE 'overlap'
         END AS outcome
  FROM locked
)`;

/**
 * What adds rows, names and sketches, once `verdict` says 'applied': `$6` to `$26` are what
 * `rowValuesOf` gives.
 */
export const ADDING = `
added AS NOT MATERIALIZED (
  SELECT series, start_minute, (retention >> 24)::int2 AS retention, count, valued, sum, min, max
  FROM (SELECT unnest($6::uuid[]) AS series, unnest($7::int4[]) AS start_minute,
               unnest($8::int4[]) AS retention, unnest($9::int8[]) AS count,
               unnest($10::int8[]) AS valued, unnest($11::numeric[]) AS sum,
               unnest($12::int8[]) AS min, unnest($13::int8[]) AS max) AS r
  WHERE (SELECT outcome FROM verdict) = 'applied'
),
closed AS MATERIALIZED (
  SELECT slot_group, granularity, through_minute
  FROM rolled
  WHERE slot_group = ANY ($14::int2[]) AND (SELECT outcome FROM verdict) = 'applied'
  ORDER BY slot_group, granularity
  FOR SHARE
),
minutes AS (
  INSERT INTO minute_counters AS c (series, start_minute, retention, count, valued, sum, min, max)
  SELECT series, start_minute, retention, count, valued, sum, min, max
  FROM added
  ${ADD}
),${coarser('quarter', 15)},${coarser('day', 1440)},
named AS (
  INSERT INTO series (id, project, type, subject, dimensions)
  SELECT id, project, type, subject, dimensions
  FROM (SELECT unnest($16::uuid[]) AS id, unnest($17::text[]) AS project,
               unnest($18::text[]) AS type, unnest($19::text[]) AS subject,
               unnest($20::text[]) AS dimensions) AS n
  WHERE (SELECT outcome FROM verdict) = 'applied'
  ON CONFLICT (id) DO NOTHING
),
sketched AS (
  INSERT INTO sketches (series, start_minute, retention, kind, attribute, data)
  SELECT series, start_minute, (retention >> 24)::int2, kind, attribute, data
  FROM (SELECT unnest($21::uuid[]) AS series, unnest($22::int4[]) AS start_minute,
               unnest($23::int4[]) AS retention, unnest($24::int2[]) AS kind,
               unnest($25::int8[]) AS attribute, unnest($26::bytea[]) AS data) AS s
  WHERE (SELECT outcome FROM verdict) = 'applied'
)`;

const TEXT = `${TOLD},${ADDING},
booked AS (
  INSERT INTO ledger AS l
    (topic, partition, hour, counted, duplicates, too_late, dead, expired, conflicting)
  SELECT topic, partition, hour, counted, duplicates, too_late, dead, expired, conflicting
  FROM unnest($27::text[], $28::int4[], $29::int4[], $30::int8[], $31::int8[], $32::int8[], $33::int8[],
              $34::int8[], $35::int8[])
    AS b(topic, partition, hour, counted, duplicates, too_late, dead, expired, conflicting)
  WHERE (SELECT outcome FROM verdict) = 'applied'
  ORDER BY topic, partition, hour
  ON CONFLICT (topic, partition, hour) DO UPDATE
  SET counted = l.counted + excluded.counted,
      duplicates = l.duplicates + excluded.duplicates,
      too_late = l.too_late + excluded.too_late,
      dead = l.dead + excluded.dead,
      expired = l.expired + excluded.expired,
      conflicting = l.conflicting + excluded.conflicting
),
reached AS MATERIALIZED (
  SELECT l.topic, l.partition, a.covered, l.known_ms,
         CASE WHEN a.covered @> int8range(0, l.position) THEN l.told_ms END AS as_of_ms,
         v.outcome = 'applied' AND NOT isempty(l.ranges) AS is_more
  FROM locked l, verdict v,
       LATERAL (SELECT CASE v.outcome WHEN 'applied' THEN l.covered + l.ranges ELSE l.covered END)
         AS a(covered)
  WHERE v.outcome IN ('applied', 'already')
),
covering AS (
  UPDATE coverage c
  SET covered = r.covered, as_of_ms = greatest(r.known_ms, r.as_of_ms)
  FROM reached r
  WHERE (c.topic, c.partition) = (r.topic, r.partition)
    AND (r.is_more OR r.as_of_ms > coalesce(r.known_ms, -1))
),
buried AS (
  INSERT INTO dead_events (topic, partition, log_offset, hour, told)
  SELECT topic, partition, log_offset, hour, told
  FROM unnest($36::text[], $37::int4[], $38::int8[], $39::int4[], $40::int4multirange[])
    AS d(topic, partition, log_offset, hour, told)
  WHERE (SELECT outcome FROM verdict) = 'applied'
  ORDER BY topic, partition, log_offset
  ON CONFLICT (topic, partition, log_offset) DO NOTHING
)
SELECT v.outcome, l.topic, l.partition, (l.ranges - l.covered)::text AS uncovered,
       ${IDENTITY_COLUMNS}
FROM verdict v
LEFT JOIN locked l ON v.outcome = 'overlap'
`;

/** A prepared statement: parsed once by each connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Folds a delta in; its parameters are in the order of `valuesOf`. */
export const APPLY_DELTA: Statement = { name: 'apply-delta', text: TEXT.trim() };

/** Rows to lock for partitions that this shard has not heard of. */
export const ENSURE_COVERAGE: Statement = {
  name: 'ensure-coverage',
  text: `
INSERT INTO coverage (topic, partition)
SELECT topic, partition
FROM unnest($1::text[], $2::int4[]) AS t(topic, partition)
ORDER BY topic, partition
ON CONFLICT (topic, partition) DO NOTHING
`.trim(),
};
