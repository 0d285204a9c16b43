import { instantOf } from './instant.sql.js';
import { sketched } from './sketched.sql.js';

const INSTANT = instantOf('$5', '$6');

const WINDOWS = `windows AS (
  SELECT series, start_minute / $4::int4 * $4::int4 AS start_minute, sum(count)::int8 AS count,
         sum(valued)::int8 AS valued, sum(sum) AS sum, min(min) AS min, max(max) AS max
  FROM minute_counters
  WHERE series = ANY ($1::uuid[]) AND start_minute >= $2::int4 AND start_minute < $3::int4
  GROUP BY 1, 2
)`;

/**
 * Counters and their instant in one statement, so in one snapshot. Not prepared by name: planned for
 * the times asked, it opens only the table partitions that hold them. A total is a window as wide as time.
 */
export const READ_COUNTERS = `
WITH ${INSTANT},
${WINDOWS}
SELECT i.as_of_ms, q.index, w.start_minute, w.count, w.valued, w.sum, w.min, w.max
FROM instant i
LEFT JOIN (windows w JOIN unnest($1::uuid[]) WITH ORDINALITY AS q(series, index) USING (series)) ON true
ORDER BY q.index, w.start_minute
LIMIT $7
`.trim();

/** The same with the sketches of each window, in the same snapshot. */
export const READ_SKETCHES = `
WITH ${INSTANT},
${WINDOWS},
wanted AS (
  SELECT series, start_minute, kind, data
  FROM sketches
  WHERE series = ANY ($1::uuid[]) AND start_minute >= $2::int4 AND start_minute < $3::int4
    AND (kind = 0 AND attribute = $8::int8 OR kind = 1 AND $9::bool)
),
${sketched('$10', 'series', '$4')}
SELECT i.as_of_ms, q.index, w.start_minute, w.count, w.valued, w.sum, w.min, w.max,
       s.uniques, s.quantiles, size.is_too_large
FROM instant i
CROSS JOIN size
LEFT JOIN (windows w JOIN unnest($1::uuid[]) WITH ORDINALITY AS q(series, index) USING (series)) ON true
LEFT JOIN sketched s ON (s.series, s.start_minute) = (w.series, w.start_minute)
ORDER BY q.index, w.start_minute
LIMIT $7
`.trim();
