import { ADDING, type Statement } from '../delta/apply-delta.sql.js';

/** What was told of some records. */
export const READ_DEAD_EVENTS: Statement = {
  name: 'read-dead-events',
  text: `
SELECT d.topic, d.partition, d.log_offset, d.told::text, d.replayed::text, d.discarded::text
FROM unnest($1::text[], $2::int4[], $3::int8[]) AS asked(topic, partition, log_offset)
JOIN dead_events d USING (topic, partition, log_offset)
`.trim(),
};

/**
 * Settles dead events in one statement, which is its transaction: all that are asked for, if each of them
 * was told of and is open, or none.
 *
 * - `locked` takes the rows in one order and sees what the last holder committed, as in apply-delta: two
 *   that settle the same come one after the other, and the second finds nothing open.
 * - Every part that changes something depends on `verdict`: counters, what is settled, the ledger and who
 *   did it change together.
 * - `$5`: whether they are counted; when they are discarded there are no rows.
 */
export const SETTLE_DEAD_EVENTS: Statement = {
  name: 'settle-dead-events',
  text: `
WITH locked AS MATERIALIZED (
  SELECT topic, partition, log_offset, d.hour, asked.indexes,
         d.told - d.replayed - d.discarded AS open
  FROM dead_events d
  JOIN unnest($1::text[], $2::int4[], $3::int8[], $4::int4multirange[])
    AS asked(topic, partition, log_offset, indexes) USING (topic, partition, log_offset)
  ORDER BY topic, partition, log_offset
  FOR UPDATE OF d
),
verdict AS MATERIALIZED (
  SELECT CASE
           WHEN count(*) = cardinality($1) AND bool_and(indexes <@ open) THEN 'applied'
           ELSE 'closed'
         END AS outcome
  FROM locked
),${ADDING},
settled AS (
  UPDATE dead_events d
  SET replayed = CASE WHEN $5::bool THEN d.replayed + l.indexes ELSE d.replayed END,
      discarded = CASE WHEN $5 THEN d.discarded ELSE d.discarded + l.indexes END
  FROM locked l
  WHERE (d.topic, d.partition, d.log_offset) = (l.topic, l.partition, l.log_offset)
    AND (SELECT outcome FROM verdict) = 'applied'
),
events AS MATERIALIZED (
  SELECT topic, partition, hour, sum(upper(range) - lower(range)) AS events
  FROM locked, unnest(indexes) AS range
  WHERE (SELECT outcome FROM verdict) = 'applied'
  GROUP BY topic, partition, hour
),
booked AS (
  INSERT INTO ledger AS l
    (topic, partition, hour, counted, duplicates, too_late, dead, replayed)
  SELECT topic, partition, hour, 0, 0, 0, 0, events
  FROM events
  WHERE $5
  ORDER BY topic, partition, hour
  ON CONFLICT (topic, partition, hour) DO UPDATE
  SET replayed = l.replayed + excluded.replayed
),
recorded AS (
  INSERT INTO dead_event_actions AS a
    (id, is_replay, taken_by, reason, taken_at_ms, selection, events)
  SELECT $27::uuid, $5, $28::text, $29::text, $30::int8, $31::text, coalesce((SELECT sum(events) FROM events), 0)
  FROM verdict
  WHERE outcome = 'applied'
  ON CONFLICT (id) DO UPDATE
  SET events = a.events + excluded.events
)
SELECT outcome FROM verdict
`.trim(),
};

/** The latest first; those taken before `$1` where it is not null. */
export const LIST_DEAD_EVENT_ACTIONS: Statement = {
  name: 'list-dead-event-actions',
  text: `
SELECT id, is_replay, taken_by, reason, taken_at_ms, selection, events
FROM dead_event_actions
WHERE $1::int8 IS NULL OR taken_at_ms < $1
ORDER BY taken_at_ms DESC, id
LIMIT $2
`.trim(),
};

/**
 * Some rows, `$2` at most, that are more than `$1` hours older than what the ledger says that the log
 * has of their partition. Rows that somebody settles are left for the next time.
 */
export const FORGET_DEAD_EVENTS: Statement = {
  name: 'forget-dead-events',
  text: `
DELETE FROM dead_events d
USING (
  SELECT topic, partition, log_offset
  FROM dead_events o
  JOIN (
    SELECT topic, partition, max(hour) AS latest FROM ledger GROUP BY topic, partition
  ) l USING (topic, partition)
  WHERE o.hour < l.latest - $1::int4
  ORDER BY topic, partition, log_offset
  LIMIT $2
  FOR UPDATE OF o SKIP LOCKED
) old
WHERE (d.topic, d.partition, d.log_offset) = (old.topic, old.partition, old.log_offset)
`.trim(),
};
