import { instantOf } from './instant.sql.js';

/**
 * Counters and their instant in one statement, so in one snapshot. Not prepared by name: planned for
 * the times asked, it opens only the table partitions that hold them. A total is a window as wide as time.
 */
export const READ_COUNTERS = `
WITH ${instantOf('$5', '$6')},
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
`.trim();
