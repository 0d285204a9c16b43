WITH instant AS (
  SELECT CASE WHEN count(c.as_of_ms) = (SELECT sum(n) FROM unnest($6::int4[]) AS n)
              THEN min(c.as_of_ms) END AS as_of_ms
  FROM unnest($5::text[], $6::int4[]) AS t(topic, partitions)
  JOIN coverage c ON c.topic = t.topic AND c.partition < t.partitions
),
windows AS (
  SELECT series, start_minute / $4::int4 * $4::int4 AS start_minute, sum(count)::int8 AS count,
         sum(valued)::int8 AS valued, sum(sum) AS sum, min(min) AS min, max(max) AS max
  FROM minute_counters
  WHERE series = ANY ($1::uuid[]) AND start_minute >= $2::int4 AND start_minute < $3::int4
  GROUP BY 1, 2
)
SELECT i.as_of_ms, q.index, w.start_minute, w.count, w.valued, w.sum, w.min, w.max
FROM instant i
LEFT JOIN (windows w JOIN unnest($1::uuid[]) WITH ORDINALITY AS q(series, index) USING (series)) ON true
ORDER BY q.index, w.start_minute
LIMIT $7
