SELECT id, is_replay, taken_by, reason, taken_at_ms, selection, events
FROM dead_event_actions
WHERE $1::int8 IS NULL OR taken_at_ms < $1
ORDER BY taken_at_ms DESC, id
LIMIT $2
