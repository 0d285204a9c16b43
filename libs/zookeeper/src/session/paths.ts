// eslint-disable-next-line no-control-regex -- ZooKeeper refuses exactly these
const SEGMENT = /^[^/\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]+$/u;

/** Throws unless `name` can be one segment of a znode path (ZooKeeper's data model). */
export function assertNodeName(name: string): string {
  if (!SEGMENT.test(name) || name === '.' || name === '..' || name === 'zookeeper') {
    throw new TypeError(`expected the name of a znode, got ${JSON.stringify(name)}`);
  }
  return name;
}

/** Throws unless `path` is `/a`, `/a/b`, … */
export function assertPath(path: string): string {
  if (!path.startsWith('/')) {
    throw new TypeError(`expected an absolute znode path, got ${JSON.stringify(path)}`);
  }
  for (const segment of path.slice(1).split('/')) assertNodeName(segment);
  return path;
}

/** `/a/b/c` → `/a`, `/a/b`. */
export function parentsOf(path: string): string[] {
  const segments = path.split('/').slice(1, -1);
  return segments.map((_, index) => `/${segments.slice(0, index + 1).join('/')}`);
}

/** `/a/b/c` → `/a/b`; empty for a path of one segment. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
