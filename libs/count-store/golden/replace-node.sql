INSERT INTO kept_nodes (path, data) VALUES ($1, $2)
ON CONFLICT (path) DO UPDATE SET data = excluded.data
