import {
  countRows,
  DELTA_ROW_BYTES,
  readInt128BE,
  RETENTION_CLASSES,
  ROWS_HEADER_BYTES,
  TallyError,
} from '@tally/contracts';
import { slotOf } from '@tally/placement';
import { binaryColumn } from '../binary-arrays.js';

/** 16 slots share a row of `rolled`: the top 6 bits of a series id. */
const SLOT_GROUP_BITS = 6;

/** Counter rows of a delta as parameters of a statement, one array for each column. */
export interface DeltaColumns {
  readonly count: number;
  readonly series: Buffer;
  readonly minutes: Buffer;
  /** int4[], the retention class in the top byte. */
  readonly retentions: Buffer;
  readonly counts: Buffer;
  readonly valued: Buffer;
  /** Text: a sum may have more than 64 bits. */
  readonly sums: string;
  readonly mins: Buffer;
  readonly maxs: Buffer;
  /** Ascending. */
  readonly slotGroups: readonly number[];
}

/** Throws TallyError `invalid_argument` that says what is wrong with the rows. */
export function toColumns(bytes: Buffer, owns: (slot: number) => boolean): DeltaColumns {
  const count = countRows(bytes, DELTA_ROW_BYTES);
  if (count === undefined) refuse(`expected delta rows, got ${bytes.length} bytes of another kind`);
  const groups = new Set<number>();
  const sums: string[] = [];
  const rows = { first: ROWS_HEADER_BYTES, width: DELTA_ROW_BYTES, count };
  for (let index = 0, at = rows.first; index < count; index++, at += DELTA_ROW_BYTES) {
    checkRow(bytes, at, owns);
    groups.add(bytes.readUInt8(at) >> (8 - SLOT_GROUP_BITS));
    sums.push(readInt128BE(bytes, at + 40).toString());
  }
  const isNull = (at: number) =>
    bytes.readUInt32BE(at + 36) === 0 && bytes.readUInt32BE(at + 32) === 0;
  return {
    count,
    series: binaryColumn(bytes, rows, { type: 'uuid', at: 0 }),
    minutes: binaryColumn(bytes, rows, { type: 'int4', at: 16 }),
    retentions: binaryColumn(bytes, rows, { type: 'int4', at: 20 }),
    counts: binaryColumn(bytes, rows, { type: 'int8', at: 24 }),
    valued: binaryColumn(bytes, rows, { type: 'int8', at: 32 }),
    sums: `{${sums.join(',')}}`,
    mins: binaryColumn(bytes, rows, { type: 'int8', at: 56, isNull }),
    maxs: binaryColumn(bytes, rows, { type: 'int8', at: 64, isNull }),
    slotGroups: [...groups].sort((a, b) => a - b),
  };
}

function checkRow(bytes: Buffer, at: number, owns: (slot: number) => boolean): void {
  const slot = slotOf(bytes, at);
  if (!owns(slot)) refuse(`slot ${slot} is not of this shard`);
  const minute = bytes.readUInt32BE(at + 16);
  if (minute > 0x7fffffff) refuse(`expected a minute below 2^31, got ${minute}`);
  const retention = bytes.readUInt32BE(at + 20);
  if (retention % 2 ** 24 !== 0 || retention / 2 ** 24 >= RETENTION_CLASSES.length)
    refuse(`expected a retention class, got ${bytes.toString('hex', at + 20, at + 24)}`);
  const count = bytes.readBigInt64BE(at + 24);
  const valued = bytes.readBigInt64BE(at + 32);
  if (count < 1n || valued < 0n || valued > count)
    refuse(`expected a count of at least 1 and of all that have a value, got ${count}, ${valued}`);
}

function refuse(problem: string): never {
  throw new TallyError('invalid_argument', problem);
}
