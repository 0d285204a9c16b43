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
),
wanted AS (
  SELECT series, start_minute, kind, data
  FROM sketches
  WHERE series = ANY ($1::uuid[]) AND start_minute >= $2::int4 AND start_minute < $3::int4
    AND (kind = 0 AND attribute = $8::int8 OR kind = 1 AND $9::bool)
),
size AS MATERIALIZED (
  SELECT coalesce(sum(octet_length(data)), 0) > $10::int8 AS is_too_large
  FROM wanted
),
sketched AS (
  SELECT series, start_minute / $4::int4 * $4::int4 AS start_minute,
         string_agg(data, ''::bytea) FILTER (WHERE kind = 0) AS uniques,
         string_agg(data, ''::bytea) FILTER (WHERE kind = 1) AS quantiles
  FROM wanted
  WHERE NOT (SELECT is_too_large FROM size)
  GROUP BY series, start_minute / $4::int4 * $4::int4
)
SELECT i.as_of_ms, q.index, w.start_minute, w.count, w.valued, w.sum, w.min, w.max,
       s.uniques, s.quantiles, size.is_too_large
FROM instant i
CROSS JOIN size
LEFT JOIN (windows w JOIN unnest($1::uuid[]) WITH ORDINALITY AS q(series, index) USING (series)) ON true
LEFT JOIN sketched s ON (s.series, s.start_minute) = (w.series, w.start_minute)
ORDER BY q.index, w.start_minute
LIMIT $7
