SELECT max(path) AS path FROM kept_nodes WHERE path > $1 AND path <= $2
