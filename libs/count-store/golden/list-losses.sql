SELECT topic, partition, from_offset, to_offset, accepted_by, reason, accepted_at_ms, lost_records
FROM accepted_losses
WHERE (topic COLLATE "C", partition, from_offset, to_offset) > ($1, $2::int4, $3::int8, $4::int8)
ORDER BY topic COLLATE "C", partition, from_offset, to_offset
LIMIT $5
