INSERT INTO kept_nodes (path, data)
SELECT * FROM unnest($1::text[], $2::text[])
ON CONFLICT (path) DO NOTHING
