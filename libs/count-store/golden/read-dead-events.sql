SELECT d.topic, d.partition, d.log_offset, d.told::text, d.replayed::text, d.discarded::text
FROM unnest($1::text[], $2::int4[], $3::int8[]) AS asked(topic, partition, log_offset)
JOIN dead_events d USING (topic, partition, log_offset)
