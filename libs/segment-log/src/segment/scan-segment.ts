import {
  BATCH_HEADER_BYTES,
  hasValidCrc,
  readBatchHeader,
  type BatchHeader,
} from '@tally/kafka-wire';
import type { LogFile } from '../files/file-system.js';

/** Read at once while scanning; also the least that is read to step over a batch. */
const WINDOW_BYTES = 1 << 20;
const HEADER_WINDOW_BYTES = 1 << 16;

/**
 * The batches of a segment file from its start, each beginning with the offset where the one before
 * ended. Ends at the first position where there is no such batch, and returns it: the end of the
 * file when all is well. With `verify`, each batch must also fit its CRC.
 */
export async function* scanBatches(
  file: LogFile,
  fileBytes: number,
  baseOffset: bigint,
  verify: boolean,
): AsyncGenerator<BatchHeader, number> {
  const reader = new WindowReader(file, fileBytes, verify ? WINDOW_BYTES : HEADER_WINDOW_BYTES);
  let position = 0;
  let expected = baseOffset;
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
 * Position of a whole batch behind `from` with an offset of at least `offset`, if there is one: then
 * what lies before it is not a torn tail.
 */
export async function findBatchAfter(
  file: LogFile,
  fileBytes: number,
  from: number,
  offset: bigint,
): Promise<number | undefined> {
  const reader = new WindowReader(file, fileBytes, WINDOW_BYTES);
  for (let position = from + 1; position + BATCH_HEADER_BYTES <= fileBytes;) {
    const window = await reader.at(position, BATCH_HEADER_BYTES);
    for (let at = 0; at + BATCH_HEADER_BYTES <= window.length; at++) {
      const header = readBatchHeader(window, at);
      const isPlausible =
        header !== undefined &&
        header.baseOffset >= offset &&
        position + at + header.size <= fileBytes;
      if (!isPlausible) continue;
      const batch = await new WindowReader(file, fileBytes, 0).at(position + at, header.size);
      if (hasValidCrc(batch, 0, header.size)) return position + at;
    }
    position += window.length - BATCH_HEADER_BYTES + 1;
  }
  return undefined;
}

/** Reads a file forward in large steps and hands out views of them. */
class WindowReader {
  private window = Buffer.alloc(0);
  private start = 0;

  constructor(
    private readonly file: LogFile,
    private readonly fileBytes: number,
    private readonly windowBytes: number,
  ) {}

  /** The bytes from `position` on: at least `length`, or all there are. */
  async at(position: number, length: number): Promise<Buffer> {
    const wanted = Math.min(length, this.fileBytes - position);
    const isHere = position >= this.start && position + wanted <= this.start + this.window.length;
    if (!isHere) {
      const bytes = Math.min(Math.max(wanted, this.windowBytes), this.fileBytes - position);
      const window = Buffer.allocUnsafe(bytes);
      this.window = window.subarray(0, await this.file.read(window, position));
      this.start = position;
    }
    return this.window.subarray(position - this.start);
  }
}
