/** For everything but connections and segments: ZooKeeper, the admin port, files that are written anew. */
const OTHERS = 100;

export interface DescriptorShares {
  readonly maxConnections: number;
  readonly maxOpenSegments: number;
}

/**
 * What is left of these bounds where the process may have no more than `limit` descriptors: connections
 * must not take those that files need. A connection counts twice, since each may have a file read for it.
 */
export function withinLimit(wanted: DescriptorShares, limit: number): DescriptorShares {
  const free = Math.max(4, limit - OTHERS);
  if (2 * wanted.maxConnections + wanted.maxOpenSegments <= free) return wanted;
  const maxOpenSegments = Math.min(wanted.maxOpenSegments, Math.floor(free / 2));
  const maxConnections = Math.floor((free - maxOpenSegments) / 2);
  return { maxOpenSegments, maxConnections: Math.min(wanted.maxConnections, maxConnections) };
}
