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
