SELECT (SELECT system_identifier::text FROM pg_control_system()) AS "systemIdentifier",
       CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())
            ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int
       END AS "timelineId",
       (extract(epoch FROM pg_postmaster_start_time()) * 1000)::int8::text AS "startedAtMs",
       t.topic, t.partition, c.covered::text,
       (SELECT range_agg(int8range(from_offset, to_offset))
        FROM accepted_losses l
        WHERE l.topic = t.topic AND l.partition = t.partition)::text AS lost
FROM (SELECT) AS this
LEFT JOIN unnest($1::text[], $2::int4[]) WITH ORDINALITY AS t(topic, partition, index) ON true
LEFT JOIN coverage c USING (topic, partition)
ORDER BY t.index
