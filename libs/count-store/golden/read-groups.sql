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
)
SELECT i.as_of_ms, s."group", start_minute, count, valued, sum, min, max, subject,
       CASE WHEN row_number() OVER (PARTITION BY s."group" ORDER BY start_minute) = 1
            THEN s.values::text END
FROM instant i
LEFT JOIN summed s ON "group" <= $14
ORDER BY "group", start_minute
LIMIT $15
