import {
  BATCH_HEADER_BYTES,
  hasValidCrc,
  readBatchHeader,
  type BatchHeader,
} from '@tally/kafka-wire';
import type { LogFile } from '../files/file-system.js';
import { SECTOR_BYTES } from '../files/read-up-to-damage.js';
import { WindowReader } from '../files/window-reader.js';

/** Bytes that a scan reads with one call; of batches that are stepped over, only their headers' windows. */
const WINDOW_BYTES = 1 << 20;
const HEADER_WINDOW_BYTES = 1 << 16;

/** Where to begin: a batch with this offset is at this position. */
export interface ScanStart {
  readonly position: number;
  readonly offset: bigint;
}

/**
 * The batches of a segment file, each beginning with the offset where the one before ended. Ends at
 * the first position where there is no such batch, and returns it: the end of the file when all is
 * well. With `verify`, each batch must also fit its CRC.
 */
export async function* scanBatches(
  file: LogFile,
  fileBytes: number,
  baseOffset: bigint,
  verify: boolean,
  start: ScanStart = { position: 0, offset: baseOffset },
): AsyncGenerator<BatchHeader, number> {
  const reader = new WindowReader(file, fileBytes, verify ? WINDOW_BYTES : HEADER_WINDOW_BYTES);
  let { position, offset: expected } = start;
  while (position < fileBytes) {
    const header = readBatchHeader(await reader.at(position, BATCH_HEADER_BYTES));
    if (header === undefined || header.baseOffset !== expected) return position;
    if (position + header.size > fileBytes) return position;
    if (verify && !hasValidCrc(await reader.at(position, header.size), 0, header.size)) {
      return position;
    }
    yield header;
    position += header.size;
    expected += BigInt(header.count);
  }
  return position;
}

/**
 * The first whole batch behind `from` whose offset is greater than `offset` and smaller than `below`,
 * if there is one: then what lies before it is not a torn tail.
 */
export async function findBatchAfter(
  file: LogFile,
  fileBytes: number,
  from: number,
  offset: bigint,
  below?: bigint,
): Promise<ScanStart | undefined> {
  const reader = new WindowReader(file, fileBytes, WINDOW_BYTES);
  for (let position = from + 1; position + BATCH_HEADER_BYTES <= fileBytes;) {
    const window = await reader.at(position, BATCH_HEADER_BYTES);
    if (window.length < BATCH_HEADER_BYTES) {
      position += SECTOR_BYTES - (position % SECTOR_BYTES);
      continue;
    }
    for (let at = 0; at + BATCH_HEADER_BYTES <= window.length; at++) {
      const header = readBatchHeader(window, at);
      const isPlausible =
        header !== undefined &&
        header.baseOffset > offset &&
        (below === undefined || header.baseOffset < below) &&
        position + at + header.size <= fileBytes;
      if (!isPlausible) continue;
      const batch = await new WindowReader(file, fileBytes, 0).at(position + at, header.size);
      if (hasValidCrc(batch, 0, header.size)) {
        return { position: position + at, offset: header.baseOffset };
      }
    }
    position += window.length - BATCH_HEADER_BYTES + 1;
  }
  return undefined;
}
