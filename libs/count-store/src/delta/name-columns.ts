import { isUtf8 } from 'node:buffer';
import {
  SERIES_ID_BYTES,
  SERIES_NAME_TEXTS,
  seriesTextEnd,
  seriesTextStart,
  TallyError,
} from '@tally/contracts';
import { slotOf } from '@tally/placement';
import { ArrayWriter, uuidColumn } from '../binary-arrays.js';
import { inKeyOrder } from '../key-order.js';

/** Series names of a delta in the order of their ids, as parameters: one array for each column. */
export interface NameColumns {
  readonly ids: Buffer;
  readonly projects: Buffer;
  readonly types: Buffer;
  readonly subjects: Buffer;
  readonly dimensions: Buffer;
}

/**
 * Copies them as they came (SeriesName in @tally/contracts): no text is decoded. Throws TallyError
 * `invalid_argument` that says what is wrong.
 */
export function toNameColumns(bytes: Buffer, owns: (slot: number) => boolean): NameColumns {
  const starts: number[] = [];
  for (let at = 0; at < bytes.length; at = checkName(bytes, at, owns)) starts.push(at);
  const names = inKeyOrder(bytes, Uint32Array.from(starts), SERIES_ID_BYTES);
  const texts = new Uint32Array(names.length * SERIES_NAME_TEXTS);
  let next = 0;
  for (const start of names)
    for (let text = 0, at = start + SERIES_ID_BYTES; text < SERIES_NAME_TEXTS; text++) {
      texts[next++] = at;
      at = seriesTextEnd(bytes, at);
    }
  const textColumn = (text: number): Buffer => {
    let size = 0;
    for (let at = text; at < texts.length; at += SERIES_NAME_TEXTS)
      size += bytes.readUInt16BE(texts[at] ?? 0);
    const array = new ArrayWriter('text', names.length, size);
    for (let at = text; at < texts.length; at += SERIES_NAME_TEXTS) {
      const start = texts[at] ?? 0;
      const from = seriesTextStart(start);
      array.add(bytes, from, seriesTextEnd(bytes, start) - from);
    }
    return array.finish();
  };
  return {
    ids: uuidColumn(bytes, names),
    projects: textColumn(0),
    types: textColumn(1),
    subjects: textColumn(2),
    dimensions: textColumn(3),
  };
}

/** Where the name ends. */
function checkName(bytes: Buffer, start: number, owns: (slot: number) => boolean): number {
  let at = start + SERIES_ID_BYTES;
  for (let text = 0; text < SERIES_NAME_TEXTS; text++) {
    const from = seriesTextStart(at);
    if (from > bytes.length) refuse('expected series names, got other bytes');
    at = seriesTextEnd(bytes, at);
    if (at > bytes.length) refuse('expected series names, got other bytes');
    checkText(bytes, from, at);
  }
  const slot = slotOf(bytes, start);
  if (!owns(slot)) refuse(`slot ${slot} is not of this shard`);
  return at;
}

function checkText(bytes: Buffer, from: number, to: number): void {
  let seen = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === 0) refuse('expected names without NUL');
    seen |= byte;
  }
  if (seen >= 0x80 && !isUtf8(bytes.subarray(from, to))) refuse('expected names in UTF-8');
}

function refuse(problem: string): never {
  throw new TallyError('invalid_argument', problem);
}
