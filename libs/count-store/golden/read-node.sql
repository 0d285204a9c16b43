SELECT path, data FROM kept_nodes WHERE path = $1
