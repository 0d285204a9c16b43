import {
  encodeDeltaRows,
  encodeSeriesNames,
  type DeltaRow,
  type shardProxy,
} from '@tally/contracts';
import { seriesId } from '@tally/placement';
import { parseDelta, type Delta } from '../../src/index.js';

export type DeltaRequest = Omit<shardProxy.ApplyDeltaRequest, 'shard' | 'epoch'>;

export const everySlot = () => true;
export const TOPIC = 'events-0123456789abcdef';

export function subjectId(subject: string): Buffer {
  return seriesId('default', 'view', subject);
}

export function row(subject: string, minute: number, more: Partial<DeltaRow> = {}): DeltaRow {
  const nothing = { valued: 0n, sum: 0n, min: 0n, max: 0n };
  return { series: subjectId(subject), minute, retention: 5, count: 1n, ...nothing, ...more };
}

/** `ranges`: by partition of TOPIC, `[from, to]` pairs. */
export function request(
  ranges: Readonly<Record<number, readonly (readonly [number, number])[]>>,
  rows: readonly DeltaRow[] = [],
  more: Partial<DeltaRequest> = {},
): DeltaRequest {
  return {
    ranges: Object.entries(ranges).map(([partition, list]) => ({
      partition: { topic: TOPIC, partition: Number(partition) },
      ranges: list.map(([from, to]) => ({ from: String(from), to: String(to) })),
    })),
    rows: encodeDeltaRows(rows),
    seriesNames: Buffer.alloc(0),
    splitRules: [],
    ledger: [],
    instants: [],
    dead: [],
    ...more,
  };
}

export function delta(...args: Parameters<typeof request>): Delta {
  return parseDelta(request(...args), everySlot);
}

export function names(...subjects: readonly string[]): Buffer {
  return encodeSeriesNames(
    subjects.map((subject) => ({
      id: subjectId(subject),
      project: 'default',
      type: 'view',
      subject,
      dimensions: '',
    })),
  );
}

/** Records of TOPIC that somebody gives up. */
export const lossOf = (partition: number, from: number, to: number): shardProxy.Loss => ({
  partition: { topic: TOPIC, partition },
  from: String(from),
  to: String(to),
  acceptedBy: 'ann',
  reason: 'a disk went bad',
  acceptedAtMs: '1795860000000',
  lostRecords: '0',
});

/** Complete to this instant if all below `position` is covered. */
export const instant = (partition: number, asOfMs: number, position = 0) => ({
  partition: { topic: TOPIC, partition },
  asOfMs: String(asOfMs),
  position: String(position),
});
