import {
  BATCH_HEADER_BYTES,
  hasValidCrc,
  readBatchHeader,
  type BatchHeader,
} from '@tally/kafka-wire';
import type { FileSystem } from '../files/file-system.js';
import { WindowReader } from '../files/window-reader.js';
import { findBatchAfter } from '../segment/scan-segment.js';

export type SegmentPart =
  | {
      readonly kind: 'batch';
      readonly position: number;
      readonly header: BatchHeader;
      readonly hasValidCrc: boolean;
      /** Of the whole batch; valid until the next part is asked for. */
      readonly bytes: Buffer;
    }
  /** Bytes that are no batch; at the end of a file that is written to, one that is on its way. */
  | { readonly kind: 'other'; readonly position: number; readonly bytes: number };

const WINDOW_BYTES = 1 << 20;

/** What is in a segment file, from its beginning to its end, whatever its state is. */
export async function* walkSegment(files: FileSystem, path: string): AsyncGenerator<SegmentPart> {
  const file = await files.open(path, 'read');
  try {
    const fileBytes = await file.size();
    const reader = new WindowReader(file, fileBytes, WINDOW_BYTES);
    for (let position = 0; position < fileBytes;) {
      const header = readBatchHeader(await reader.at(position, BATCH_HEADER_BYTES));
      if (header !== undefined && position + header.size <= fileBytes) {
        const bytes = (await reader.at(position, header.size)).subarray(0, header.size);
        const isValid = hasValidCrc(bytes, 0, header.size);
        yield { kind: 'batch', position, header, hasValidCrc: isValid, bytes };
        position += header.size;
        continue;
      }
      const next = await findBatchAfter(file, fileBytes, position, -1n);
      const end = next?.position ?? fileBytes;
      yield { kind: 'other', position, bytes: end - position };
      position = end;
    }
  } finally {
    await file.close();
  }
}
