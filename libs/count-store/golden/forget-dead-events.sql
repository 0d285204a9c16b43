DELETE FROM dead_events d
USING (
  SELECT topic, partition, log_offset
  FROM dead_events o
  JOIN (
    SELECT topic, partition, max(hour) AS latest FROM ledger GROUP BY topic, partition
  ) l USING (topic, partition)
  WHERE o.hour < l.latest - $1::int4
  ORDER BY topic, partition, log_offset
  LIMIT $2
  FOR UPDATE OF o SKIP LOCKED
) old
WHERE (d.topic, d.partition, d.log_offset) = (old.topic, old.partition, old.log_offset)
