WITH instant AS (
  SELECT CASE WHEN count(c.as_of_ms) = (SELECT sum(n) FROM unnest($8::int4[]) AS n)
              THEN min(c.as_of_ms) END AS as_of_ms
  FROM unnest($7::text[], $8::int4[]) AS t(topic, partitions)
  JOIN coverage c ON c.topic = t.topic AND c.partition < t.partitions
),
chosen AS MATERIALIZED (
  SELECT s.id, q.index AS subject, g.values
  FROM unnest($3::text[]) WITH ORDINALITY AS q(subject, index)
  JOIN series s ON s.project = $1 AND s.type = $2 AND s.subject = q.subject AND s.dimensions <> '',
       LATERAL (SELECT s.dimensions::jsonb AS own) AS d,
       LATERAL (SELECT coalesce(jsonb_agg(d.own -> name ORDER BY at), '[]') AS values
                FROM unnest($9::text[]) WITH ORDINALITY AS n(name, at)) AS g
  WHERE NOT EXISTS (
    SELECT FROM unnest($10::text[], $11::bool[]) WITH ORDINALITY AS c(name, excluded, condition)
    WHERE c.excluded = EXISTS (
      SELECT FROM unnest($12::int4[], $13::text[]) AS v(condition, value)
      WHERE v.condition = c.condition AND v.value = coalesce(d.own ->> c.name, '')))
),
windows AS (
  SELECT series, start_minute / $6::int4 * $6::int4 AS start_minute, sum(count)::int8 AS count,
         sum(valued)::int8 AS valued, sum(sum) AS sum, min(min) AS min, max(max) AS max
  FROM minute_counters
  WHERE series = ANY ((SELECT array_agg(id) FROM chosen)::uuid[])
        AND start_minute >= $4::int4 AND start_minute < $5::int4
  GROUP BY 1, 2
),
summed AS (
  SELECT subject, values, start_minute, sum(count)::int8 AS count, sum(valued)::int8 AS valued,
         sum(sum) AS sum, min(min) AS min, max(max) AS max,
         dense_rank() OVER (ORDER BY subject, values) AS "group"
  FROM windows
  JOIN chosen ON id = series
  GROUP BY 1, 2, 3
),
wanted AS (
  SELECT c.subject, c.values, s.start_minute, s.kind, s.data
  FROM sketches s
  JOIN chosen c ON c.id = s.series
  WHERE s.series = ANY ((SELECT array_agg(id) FROM chosen)::uuid[])
    AND s.start_minute >= $4::int4 AND s.start_minute < $5::int4
    AND (s.kind = 0 AND s.attribute = $16::int8 OR s.kind = 1 AND $17::bool)
),
size AS MATERIALIZED (
  SELECT coalesce(sum(octet_length(data)), 0) > $18::int8 AS is_too_large
  FROM wanted
),
sketched AS (
  SELECT subject, values, start_minute / $6::int4 * $6::int4 AS start_minute,
         string_agg(data, ''::bytea) FILTER (WHERE kind = 0) AS uniques,
         string_agg(data, ''::bytea) FILTER (WHERE kind = 1) AS quantiles
  FROM wanted
  WHERE NOT (SELECT is_too_large FROM size)
  GROUP BY subject, values, start_minute / $6::int4 * $6::int4
)
SELECT i.as_of_ms, s."group", s.start_minute, s.count, s.valued, s.sum, s.min, s.max,
       k.uniques, k.quantiles, size.is_too_large, s.subject,
       CASE WHEN row_number() OVER (PARTITION BY s."group" ORDER BY s.start_minute) = 1
            THEN s.values::text END
FROM instant i
CROSS JOIN size
LEFT JOIN summed s ON s."group" <= $14
LEFT JOIN sketched k
       ON (k.subject, k.values, k.start_minute) = (s.subject, s.values, s.start_minute)
ORDER BY s."group", s.start_minute
LIMIT $15
