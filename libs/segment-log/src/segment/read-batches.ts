import {
  BATCH_HEADER_BYTES,
  hasValidCrc,
  readBatchHeader,
  type BatchHeader,
} from '@tally/kafka-wire';
import { DamagedLog } from '../files/damaged-log.js';
import type { LogFile } from '../files/file-system.js';
import { readUpToDamage } from '../files/read-up-to-damage.js';
import { INDEX_INTERVAL_BYTES } from './sparse-index.js';

/** Where in the file a batch begins, or has to. */
export interface Cursor {
  readonly position: number;
  readonly offset: bigint;
}

/** A segment file as it is read. `size`: bytes of its durable batches. */
export interface ReadFile {
  readonly path: string;
  readonly file: LogFile;
  readonly size: number;
}

/** Bytes from `start` on, up to `stop`: enough for the batches that the index leaves out, and `maxBytes`. */
export async function readWindow(
  { file }: ReadFile,
  start: Cursor,
  maxBytes: number,
  stop: number,
): Promise<Buffer> {
  const wanted = INDEX_INTERVAL_BYTES + BATCH_HEADER_BYTES + maxBytes;
  const window = Buffer.allocUnsafe(Math.max(0, Math.min(wanted, stop - start.position)));
  return window.subarray(0, await readUpToDamage(file, window, start.position));
}

/** The header at this index of the window, which is `cursor` in the file. Throws DamagedLog. */
export function headerAt(of: ReadFile, window: Buffer, at: number, cursor: Cursor): BatchHeader {
  const header = readBatchHeader(window, at);
  if (header?.baseOffset !== cursor.offset) {
    throw damaged(of, cursor, `expected the batch with offset ${cursor.offset}`);
  }
  return header;
}

/**
 * The batches from `first` on that fit into `maxBytes`, each checked against its CRC, up to one that
 * is damaged. The first one has `size` bytes and need not be whole in the window. Throws DamagedLog.
 */
export async function wholeBatches(
  of: ReadFile,
  window: Buffer,
  first: Cursor,
  size: number,
  maxBytes: number,
): Promise<Buffer> {
  let bytes = window;
  if (size > bytes.length) {
    bytes = Buffer.allocUnsafe(Math.min(size, of.size - first.position));
    if ((await readUpToDamage(of.file, bytes, first.position)) < size)
      throw damaged(of, first, 'the file ends, or cannot be read, in the batch');
  }
  const limit = Math.min(Math.max(maxBytes, size), bytes.length);
  let { offset } = first;
  let end = 0;
  while (end + BATCH_HEADER_BYTES <= limit) {
    const header = readBatchHeader(bytes, end);
    if (header !== undefined && end + header.size > limit) break;
    if (header?.baseOffset !== offset || !hasValidCrc(bytes, end, header.size)) {
      // Who reads on meets it first.
      if (end > 0) break;
      throw damaged(of, first, 'the CRC does not fit the batch');
    }
    end += header.size;
    offset += BigInt(header.count);
  }
  return bytes.subarray(0, end);
}

function damaged({ path }: ReadFile, { position, offset }: Cursor, detail: string): DamagedLog {
  return new DamagedLog(path, position, detail, offset);
}
