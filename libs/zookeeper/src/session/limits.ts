import { TallyError } from '@tally/contracts';

/** Below jute.maxbuffer (1 MiB): a larger request makes the server drop the connection, for ever. */
const MAX_DATA_BYTES = 1_000_000;
/** To ZooKeeper: whatever version the node has. */
export const ANY_VERSION = -1;

/** Throws unless it is the version of a znode; ANY_VERSION would undo the lock. */
export function assertVersion(version: number): void {
  if (!Number.isInteger(version) || version < 0) {
    throw new TypeError(`expected the version of a znode (an integer from 0 on), got ${version}`);
  }
}

/** TallyError `payload_too_large` when the node of `path` cannot hold the data. */
export function assertSize(path: string, data: Buffer): void {
  if (data.length <= MAX_DATA_BYTES) return;
  const message = `${path}: expected at most ${MAX_DATA_BYTES} bytes, got ${data.length}`;
  throw new TallyError('payload_too_large', message);
}
