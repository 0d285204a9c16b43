import {
  countRows,
  DELTA_ROW_BYTES,
  RETENTION_CLASSES,
  ROWS_HEADER_BYTES,
  TallyError,
} from '@tally/contracts';
import { slotOf } from '@tally/placement';
import { numericColumn } from '../binary-arrays.js';
import { inKeyOrder } from '../key-order.js';
import { toWords, WordColumn } from '../word-columns.js';

/** 16 slots share a row of `rolled`: the top 6 bits of a series id. */
const SLOT_GROUP_BITS = 6;
/** Series, minute and retention class: the bytes of a row are ordered as Postgres orders those. */
const KEY_BYTES = 21;

/** Counter rows of a delta in key order, as parameters of a statement: one array for each column. */
export interface DeltaColumns {
  readonly count: number;
  readonly series: Buffer;
  readonly minutes: Buffer;
  /** int4[], the retention class in the top byte. */
  readonly retentions: Buffer;
  readonly counts: Buffer;
  readonly valued: Buffer;
  /** numeric[]: a sum may have more than 64 bits. */
  readonly sums: Buffer;
  readonly mins: Buffer;
  readonly maxs: Buffer;
  /** Ascending. */
  readonly slotGroups: readonly number[];
  /** The earliest minute of all rows; of no rows one that is later than any. */
  readonly firstMinute: number;
}

const MAX_MINUTE = 0x7fffffff;

/** Throws TallyError `invalid_argument` that says what is wrong with the rows. */
export function toColumns(bytes: Buffer, owns: (slot: number) => boolean): DeltaColumns {
  const count = countRows(bytes, DELTA_ROW_BYTES);
  if (count === undefined) refuse(`expected delta rows, got ${bytes.length} bytes of another kind`);
  const groups = new Set<number>();
  const starts = new Uint32Array(count);
  let firstMinute = MAX_MINUTE;
  for (let row = 0, at = ROWS_HEADER_BYTES; row < count; row++, at += DELTA_ROW_BYTES) {
    checkRow(bytes, at, owns);
    starts[row] = at;
    groups.add((bytes[at] ?? 0) >> (8 - SLOT_GROUP_BITS));
    firstMinute = Math.min(firstMinute, bytes.readUInt32BE(at + 16));
  }
  const rows = inKeyOrder(bytes, starts, KEY_BYTES);
  return {
    count,
    ...wordColumns(bytes, rows),
    sums: numericColumn(bytes, rows, 40),
    slotGroups: [...groups].sort((a, b) => a - b),
    firstMinute,
  };
}

/** In one walk over the rows, each of 18 words. @param rows Where each of them begins. */
function wordColumns(bytes: Buffer, rows: Uint32Array) {
  const { length } = rows;
  const words = toWords(bytes);
  const series = new WordColumn('uuid', length);
  const minutes = new WordColumn('int4', length);
  const retentions = new WordColumn('int4', length);
  const counts = new WordColumn('int8', length);
  const valued = new WordColumn('int8', length);
  const mins = new WordColumn('int8', length);
  const maxs = new WordColumn('int8', length);
  for (const start of rows) {
    const row = start / 4;
    series.add(words, row);
    minutes.add(words, row + 4);
    retentions.add(words, row + 5);
    counts.add(words, row + 6);
    valued.add(words, row + 8);
    if (words[row + 8] === 0 && words[row + 9] === 0) {
      mins.addNull();
      maxs.addNull();
    } else {
      mins.add(words, row + 14);
      maxs.add(words, row + 16);
    }
  }
  return {
    series: series.finish(),
    minutes: minutes.finish(),
    retentions: retentions.finish(),
    counts: counts.finish(),
    valued: valued.finish(),
    mins: mins.finish(),
    maxs: maxs.finish(),
  };
}

function checkRow(bytes: Buffer, at: number, owns: (slot: number) => boolean): void {
  const slot = slotOf(bytes, at);
  if (!owns(slot)) refuse(`slot ${slot} is not of this shard`);
  const minute = bytes.readUInt32BE(at + 16);
  if (minute > MAX_MINUTE) refuse(`expected a minute below 2^31, got ${minute}`);
  const retention = bytes.readUInt32BE(at + 20);
  if (retention % 2 ** 24 !== 0 || retention / 2 ** 24 >= RETENTION_CLASSES.length)
    refuse(`expected a retention class, got ${bytes.toString('hex', at + 20, at + 24)}`);
  const high = bytes.readInt32BE(at + 24);
  const low = bytes.readUInt32BE(at + 28);
  const valuedHigh = bytes.readInt32BE(at + 32);
  const valuedLow = bytes.readUInt32BE(at + 36);
  const isCounted = high > 0 || (high === 0 && low > 0);
  const isMore = valuedHigh > high || (valuedHigh === high && valuedLow > low);
  if (!isCounted || valuedHigh < 0 || isMore)
    refuse(
      `expected a count of at least 1 and of all that have a value, got ${bytes.readBigInt64BE(at + 24)}, ${bytes.readBigInt64BE(at + 32)}`,
    );
}

function refuse(problem: string): never {
  throw new TallyError('invalid_argument', problem);
}
