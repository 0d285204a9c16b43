import type { Statement } from '../delta/apply-delta.sql.js';

/** One row: the id, if there is one, and the topics that were counted here. */
export const READ_INSTALLATION: Statement = {
  name: 'read-installation',
  text: `
SELECT (SELECT id FROM installation) AS id,
       ARRAY(SELECT DISTINCT topic FROM coverage ORDER BY topic) AS topics
`.trim(),
};

/** Written once: a row that is there stays. */
export const STAMP_INSTALLATION: Statement = {
  name: 'stamp-installation',
  text: 'INSERT INTO installation (id) VALUES ($1) ON CONFLICT (only_row) DO NOTHING',
};

/** Nodes that never change once they are made. */
export const KEEP_NODES: Statement = {
  name: 'keep-nodes',
  text: `
INSERT INTO kept_nodes (path, data)
SELECT * FROM unnest($1::text[], $2::text[])
ON CONFLICT (path) DO NOTHING
`.trim(),
};

/** Of given nodes those that are kept with other data. */
export const OTHER_NODES: Statement = {
  name: 'other-nodes',
  text: `
SELECT k.path
FROM unnest($1::text[], $2::text[]) AS given(path, data)
JOIN kept_nodes k ON k.path = given.path COLLATE "C"
WHERE k.data <> given.data
ORDER BY k.path
`.trim(),
};

/** A node of which the latest state counts. */
export const REPLACE_NODE: Statement = {
  name: 'replace-node',
  text: `
INSERT INTO kept_nodes (path, data) VALUES ($1, $2)
ON CONFLICT (path) DO UPDATE SET data = excluded.data
`.trim(),
};

export const READ_NODE: Statement = {
  name: 'read-node',
  text: 'SELECT path, data FROM kept_nodes WHERE path = $1',
};

/** By the bytes of their paths. */
export const READ_NODES: Statement = {
  name: 'read-nodes',
  text: 'SELECT path, data FROM kept_nodes WHERE path > $1 AND path <= $2 ORDER BY path LIMIT $3',
};

/** One row: the last of the paths in a range; null when there is none. */
export const LAST_NODE: Statement = {
  name: 'last-node',
  text: 'SELECT max(path) AS path FROM kept_nodes WHERE path > $1 AND path <= $2',
};
