/**
 * A part of a statement: the `wanted` sketches of each window, one behind the other as flushes brought
 * them. None of them is read when all together have more bytes than `most`: then `size` says it, of
 * sketches that Postgres keeps outside of the table without reading those. `by`: columns of `wanted` that
 * tell apart whose windows they are; `most` and `width`: parameters.
 */
export function sketched(most: string, by: string, width: string): string {
  return `size AS MATERIALIZED (
  SELECT coalesce(sum(octet_length(data)), 0) > ${most}::int8 AS is_too_large
  FROM wanted
),
sketched AS (
  SELECT ${by}, start_minute / ${width}::int4 * ${width}::int4 AS start_minute,
         string_agg(data, ''::bytea) FILTER (WHERE kind = 0) AS uniques,
         string_agg(data, ''::bytea) FILTER (WHERE kind = 1) AS quantiles
  FROM wanted
  WHERE NOT (SELECT is_too_large FROM size)
  GROUP BY ${by}, start_minute / ${width}::int4 * ${width}::int4
)`;
}
