import { type shardProxy, TallyError } from '@tally/contracts';
import { toMultirange } from '../coverage/offset-ranges.js';
import { toDeadRecords, type DeadRecord } from '../dead-events/dead-records.js';
import { toColumns, type DeltaColumns } from './delta-columns.js';
import { toNameColumns, type NameColumns } from './name-columns.js';
import { toSketchColumns, type SketchColumns } from './sketch-columns.js';

/** What a delta says about one partition. */
export interface ToldPartition {
  readonly topic: string;
  readonly partition: number;
  /** Text of an int8multirange; `{}` when only an instant is told. */
  readonly ranges: string;
  /** ms since 1970, decimal. */
  readonly asOfMs: string | null;
  /** The instant holds if all offsets below this one are covered. */
  readonly position: string | null;
}

/** A request to apply a delta, checked: parameters for one statement. */
export interface Delta {
  /** Each (topic, partition) once. */
  readonly partitions: readonly ToldPartition[];
  readonly rows: DeltaColumns;
  readonly names: NameColumns;
  /** Each (topic, partition, hour) once. */
  readonly ledger: readonly shardProxy.LedgerEntry[];
  readonly sketches: SketchColumns;
  /** Each (topic, partition, offset) once. */
  readonly dead: readonly DeadRecord[];
}

const NO_BYTES = Buffer.alloc(0);

type Request = Omit<shardProxy.ApplyDeltaRequest, 'shard' | 'epoch'>;

/**
 * Checks what a sender says before Postgres sees it: TallyError `invalid_argument` says what is
 * wrong. `owns` tells whether a slot is of this shard.
 */
export function parseDelta(request: Request, owns: (slot: number) => boolean): Delta {
  const told = new Map<string, ToldPartition>();
  for (const { partition, ranges } of request.ranges) {
    const key = keyOf(partition);
    if (told.has(key)) refuse(`${key} has two lists of ranges`);
    told.set(key, {
      ...present(partition),
      ranges: toMultirange(ranges),
      asOfMs: null,
      position: null,
    });
  }
  const isEmpty = [...told.values()].every(({ ranges }) => ranges === '{}');
  for (const { partition, asOfMs, position } of request.instants) {
    const key = keyOf(partition);
    const known = told.get(key) ?? {
      ...present(partition),
      ranges: '{}',
      asOfMs: null,
      position: null,
    };
    if (known.asOfMs !== null) refuse(`${key} has two instants`);
    told.set(key, { ...known, asOfMs: wholeNumber(asOfMs), position: wholeNumber(position) });
  }
  const rows = toColumns(request.rows, owns);
  if (isEmpty && (rows.count > 0 || request.ledger.length > 0))
    refuse(
      'expected ranges of offsets with rows and ledger entries: nothing else tells what is covered already',
    );
  return {
    partitions: [...told.values()],
    rows,
    names: toNameColumns(request.seriesNames, owns),
    ledger: ledger(request, told),
    sketches: toSketchColumns(request.sketches ?? NO_BYTES, request.rows),
    dead: dead(request, told),
  };
}

function dead(request: Request, told: ReadonlyMap<string, ToldPartition>): readonly DeadRecord[] {
  const records = toDeadRecords(request.dead);
  for (const { topic, partition } of records)
    if ((told.get(`${topic}/${partition}`)?.ranges ?? '{}') === '{}')
      refuse(`dead events are told of ${topic}/${partition}, the ranges do not name it`);
  return records;
}

function ledger(
  request: Request,
  told: ReadonlyMap<string, ToldPartition>,
): readonly shardProxy.LedgerEntry[] {
  const seen = new Set<string>();
  for (const { partition, hour, replayed: _, ...events } of request.ledger) {
    const key = keyOf(partition);
    if ((told.get(key)?.ranges ?? '{}') === '{}')
      refuse(`the ledger names ${key}, the ranges do not`);
    if (hour > 0x7fffffff || seen.has(`${key} ${hour}`)) refuse(`hour ${hour} of ${key} again`);
    seen.add(`${key} ${hour}`);
    for (const number of Object.values(events)) wholeNumber(number);
  }
  return request.ledger;
}

function present(partition: shardProxy.Partition | undefined): shardProxy.Partition {
  if (partition === undefined) refuse('expected a partition, got none');
  const { topic, partition: number } = partition;
  if (topic === '' || topic.includes('\0') || number > 0x7fffffff)
    refuse(`expected a topic and a partition, got ${JSON.stringify(topic)}, ${number}`);
  return { topic, partition: number };
}

function keyOf(partition: shardProxy.Partition | undefined): string {
  const { topic, partition: number } = present(partition);
  return `${topic}/${number}`;
}

function wholeNumber(text: string): string {
  if (!/^\d{1,18}$/.test(text)) refuse(`expected a whole number below 10^18, got ${text}`);
  return text;
}

function refuse(problem: string): never {
  throw new TallyError('invalid_argument', problem);
}
