import type { Statement } from '../delta/apply-delta.sql.js';

/**
 * Books a loss in one statement, which is its transaction: the row, and coverage for what was not
 * covered. No row when that was done before. `locked` waits for deltas of the partition and gives the
 * newest version of its coverage, as in the statement of a delta; what counts from there on is what it
 * read.
 */
export const ACCEPT_LOSS: Statement = {
  name: 'accept-loss',
  text: `
WITH locked AS MATERIALIZED (
  SELECT covered, int8multirange(int8range($3, $4)) - covered AS gone
  FROM coverage
  WHERE topic = $1 AND partition = $2
  FOR UPDATE
),
accepted AS (
  INSERT INTO accepted_losses (topic, partition, from_offset, to_offset, accepted_by, reason,
                               accepted_at_ms, lost_records)
  SELECT $1, $2, $3, $4, $5, $6, $7,
         (SELECT coalesce(sum(upper(range) - lower(range)), 0) FROM unnest(gone) AS range)
  FROM locked
  ON CONFLICT (topic, partition, from_offset, to_offset) DO NOTHING
  RETURNING lost_records
)
UPDATE coverage c
SET covered = l.covered + l.gone
FROM locked l, accepted
WHERE c.topic = $1 AND c.partition = $2
`.trim(),
};

/** Of one range, as it is booked. */
export const FIND_LOSS: Statement = {
  name: 'find-loss',
  text: `
SELECT topic, partition, from_offset, to_offset, accepted_by, reason, accepted_at_ms, lost_records
FROM accepted_losses
WHERE (topic, partition, from_offset, to_offset) = ($1, $2::int4, $3::int8, $4::int8)
`.trim(),
};

/** Those behind a place, at most `$5` or, where it is null, all. In an order that callers have too: "C". */
export const LIST_LOSSES: Statement = {
  name: 'list-losses',
  text: `
SELECT topic, partition, from_offset, to_offset, accepted_by, reason, accepted_at_ms, lost_records
FROM accepted_losses
WHERE (topic COLLATE "C", partition, from_offset, to_offset) > ($1, $2::int4, $3::int8, $4::int8)
ORDER BY topic COLLATE "C", partition, from_offset, to_offset
LIMIT $5
`.trim(),
};
