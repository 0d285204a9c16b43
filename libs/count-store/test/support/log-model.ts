import type { DeltaRow, shardProxy } from '@tally/contracts';
import { delta, names, row, subjectId, TOPIC } from './requests.js';
import type { Delta } from '../../src/index.js';

/** An accepted event of a record. */
export interface ModelEvent {
  readonly subject: string;
  readonly minute: number;
  /** Micro-units. */
  readonly value: bigint | undefined;
}
/** By partition, by offset: the events of each record. */
export type ModelLog = readonly (readonly (readonly ModelEvent[])[])[];
/** By partition, offsets from inclusive, to exclusive. */
export type Ranges = Readonly<Record<number, readonly (readonly [number, number])[]>>;
/** By slot group of a subject: windows before these minutes are rolled up. */
export type Rolled = Readonly<Record<'quarter' | 'day', number>>;

const OFFSETS_PER_HOUR = 7;

export function rowsOf(log: ModelLog, ranges: Ranges, width = 1, before = Infinity): DeltaRow[] {
  const rows = new Map<string, DeltaRow>();
  for (const [partition, list] of Object.entries(ranges))
    for (const [from, to] of list)
      for (const { subject, minute, value } of log[Number(partition)]?.slice(from, to).flat() ??
        []) {
        if (minute >= before) continue;
        const start = minute - (minute % width);
        const key = `${subject} ${start}`;
        rows.set(key, plus(rows.get(key) ?? row(subject, start, { count: 0n }), value));
      }
  return [...rows.values()];
}

function plus(sum: DeltaRow, value: bigint | undefined): DeltaRow {
  const count = sum.count + 1n;
  if (value === undefined) return { ...sum, count };
  const isFirst = sum.valued === 0n;
  return {
    ...sum,
    count,
    valued: sum.valued + 1n,
    sum: sum.sum + value,
    min: isFirst || value < sum.min ? value : sum.min,
    max: isFirst || value > sum.max ? value : sum.max,
  };
}

/** What the ledger must say: counted events, and a number for each offset as duplicates. */
export function ledgerOf(log: ModelLog, ranges: Ranges): shardProxy.LedgerEntry[] {
  const entries = new Map<
    string,
    { partition: number; hour: number; counted: number; duplicates: number }
  >();
  for (const [partition, list] of Object.entries(ranges))
    for (const [from, to] of list)
      for (let offset = from; offset < to; offset++) {
        const hour = Math.floor(offset / OFFSETS_PER_HOUR);
        const key = `${partition} ${hour}`;
        const entry = entries.get(key) ?? {
          partition: Number(partition),
          hour,
          counted: 0,
          duplicates: 0,
        };
        entry.counted += log[Number(partition)]?.[offset]?.length ?? 0;
        entry.duplicates += offset;
        entries.set(key, entry);
      }
  return [...entries.values()].map(({ partition, hour, counted, duplicates }) => ({
    partition: { topic: TOPIC, partition },
    hour,
    counted: String(counted),
    duplicates: String(duplicates),
    tooLate: '0',
    dead: '0',
    expired: '0',
    conflicting: '0',
  }));
}

/** The delta of these offsets, as every processor would build it. */
export function deltaOf(log: ModelLog, ranges: Ranges, subjects: readonly string[]): Delta {
  return delta(ranges, rowsOf(log, ranges), {
    ledger: ledgerOf(log, ranges),
    seriesNames: names(...subjects),
  });
}

/** One text for each row, to compare with what is stored. */
export function rowTexts(rows: readonly DeltaRow[]): string[] {
  return rows
    .map(({ series, minute, count, valued, sum, min, max }) =>
      [
        Buffer.from(series).toString('hex'),
        minute,
        count,
        valued,
        sum,
        valued > 0n ? `${min} ${max}` : ' ',
      ].join(' '),
    )
    .sort();
}

export const slotGroup = (subject: string) => subjectId(subject).readUInt8(0) >> 2;
