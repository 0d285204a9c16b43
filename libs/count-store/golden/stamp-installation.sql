INSERT INTO installation (id) VALUES ($1) ON CONFLICT (only_row) DO NOTHING
