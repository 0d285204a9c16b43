/**
 * A part of a statement: up to which instant all partitions of some topics are covered, null where one
 * has none. `topics`, `partitions`: its parameters, topics and how many partitions each has.
 */
export function instantOf(topics: string, partitions: string): string {
  return `instant AS (
  SELECT CASE WHEN count(c.as_of_ms) = (SELECT sum(n) FROM unnest(${partitions}::int4[]) AS n)
              THEN min(c.as_of_ms) END AS as_of_ms
  FROM unnest(${topics}::text[], ${partitions}::int4[]) AS t(topic, partitions)
  JOIN coverage c ON c.topic = t.topic AND c.partition < t.partitions
)`;
}
