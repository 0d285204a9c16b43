INSERT INTO coverage (topic, partition)
SELECT topic, partition
FROM unnest($1::text[], $2::int4[]) AS t(topic, partition)
ORDER BY topic, partition
ON CONFLICT (topic, partition) DO NOTHING
