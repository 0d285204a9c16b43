SELECT path, data FROM kept_nodes WHERE path > $1 AND path <= $2 ORDER BY path LIMIT $3
