import {
  CURRENT_SCHEMA_ID,
  encodeBlockHeader,
  encodeEvent,
  ENTRY_HEADER_BYTES,
  writeEntryHeader,
  type BlockHeader,
  type Event,
  type PartitionBounds,
} from '@tally/contracts';
import { fingerprintOf, seriesId, slotOf, type ShardMap } from '@tally/placement';
import { readBlock, type BlockRecord } from '../../src/aggregate/block-record.js';
import { OffsetSet } from '../../src/coverage/offset-set.js';

export const PROJECT = 'default';
const TYPE = 'view';

/** `0..9`: offsets 0 to 9; both ends belong to it. */
export function offsetsOf(text: string): { readonly from: bigint; readonly to: bigint } {
  const [, first, last] = /^(\d+)(?:\.\.(\d+))?$/.exec(text) ?? [];
  if (first === undefined) throw new Error(`expected offsets like 0..9, got: ${text}`);
  return { from: BigInt(first), to: BigInt(last ?? first) + 1n };
}

/** `0: 0..9, 20..29; 1: 5`, by partition; `nothing`. */
export function coverageOf(text: string): Map<number, OffsetSet> {
  if (text === 'nothing') return new Map();
  return byPartition(text, (ranges) => new OffsetSet(ranges.split(', ').map(offsetsOf)));
}

/** `0: 0..9; 1: empty at 5`, by partition. */
export function boundsOf(text: string): Map<number, PartitionBounds> {
  return byPartition(text, (bounds) => {
    const [, at] = /^empty at (\d+)$/.exec(bounds) ?? [];
    if (at !== undefined) return { low: BigInt(at), high: BigInt(at) };
    const { from, to } = offsetsOf(bounds);
    return { low: from, high: to };
  });
}

/** Subjects of scenarios: `x0` is one of shard 0, `x1` one of shard 1. */
export class Subjects {
  private readonly real = new Map<string, string>();
  private readonly names = new Map<string, string>();

  constructor(private readonly shardMap: ShardMap) {}

  /** What the name of the scenario calls it. */
  nameOf(subject: string): string {
    return this.names.get(subject) ?? subject;
  }

  /**
   * Records of one partition: `7@1000 a/x0 b/x1` is offset 7, appended at 1000, with an event of id a
   * of a subject of shard 0 and one of id b; `0..99@1000 x1` are 100 records with an event each.
   * `7@1000 v3 a/x0` names version 3 of the event types, others none; `7@1000 p2 a/x0` position 2 of
   * the catalogue; `7@1000 until 900 a/x0` may not
   * be appended after 900; `7@1000 schema 9 a/x0` has events of that schema. `7@1000 not a block` is what
   * anybody may have written there. `a/x0=5:ann` has a value of 5 and is of the user ann.
   */
  recordsOf(partition: number, text: string): BlockRecord[] {
    return text.split('; ').flatMap((record) => {
      const [, offsets = '', at, version = '0', position = '0', events = ''] =
        /^([\d.]+)@(\d+) (?:v(\d+) )?(?:p(\d+) )?(.+)$/.exec(record) ?? [];
      if (at === undefined) throw new Error(`expected records like 7@1000 a/x0, got: ${record}`);
      const { from, to } = offsetsOf(offsets);
      const catalogPosition = BigInt(position);
      // Only blocks that may be void name a position: those that do not say it are not.
      const notAfterMs = catalogPosition > 0n ? Number(at) + 1 : undefined;
      const meaning = { registryVersion: Number(version), catalogPosition, notAfterMs };
      return Array.from({ length: Number(to - from) }, (_, index) => {
        const offset = from + BigInt(index);
        const value =
          events === 'not a block'
            ? Buffer.from(events)
            : this.blockOf(events, meaning, partition, offset);
        return readBlock({ offset, timestampMs: Number(at), value });
      });
    });
  }

  private blockOf(
    text: string,
    meaning: Omit<BlockHeader, 'schemaId' | 'count'>,
    partition: number,
    offset: bigint,
  ): Buffer {
    const [, until, schema = String(CURRENT_SCHEMA_ID), events = ''] =
      /^(?:until (\d+) )?(?:schema (\d+) )?(.+)$/.exec(text) ?? [];
    const notAfterMs = until === undefined ? meaning.notAfterMs : Number(until);
    return blockOf(
      events.split(' ').map((event) => this.eventOf(event, partition, offset)),
      { ...meaning, notAfterMs, schemaId: Number(schema) },
    );
  }

  private eventOf(text: string, partition: number, offset: bigint): Event {
    const [, id = `${partition}/${offset}`, name = '', value, user] =
      /^(?:(\w+)\/)?(\w+)(?:=(-?\d+))?(?::(\w+))?$/.exec(text) ?? [];
    return {
      project: PROJECT,
      id,
      type: TYPE,
      subject: this.subjectOf(name),
      time: 0,
      value: value === undefined ? null : { unscaled: Number(value), scale: 0 },
      attributes: user === undefined ? {} : { user },
      timeAssigned: false,
    };
  }

  /** The real name of the subject that a scenario calls so. */
  subjectOf(name: string): string {
    const known = this.real.get(name);
    if (known !== undefined) return known;
    const shard = Number(/\d$/.exec(name)?.[0] ?? Number.NaN);
    if (!this.shardMap.shards.includes(shard))
      throw new Error(`expected a subject that ends with the number of its shard, got: ${name}`);
    let subject = name;
    while (this.shardMap.shardOf(slotOf(seriesId(PROJECT, TYPE, subject))) !== shard)
      subject += "'";
    this.real.set(name, subject);
    this.names.set(subject, name);
    return subject;
  }
}

function byPartition<T>(text: string, read: (value: string) => T): Map<number, T> {
  return new Map(
    text.split('; ').map((entry) => {
      const [, partition, value] = /^(\d+): (.+)$/.exec(entry) ?? [];
      if (partition === undefined || value === undefined)
        throw new Error(`expected partition and value like 0: 0..9, got: ${entry}`);
      return [Number(partition), read(value)];
    }),
  );
}

function blockOf(events: readonly Event[], header: Omit<BlockHeader, 'count'>): Buffer {
  const entries = events.map((event) => {
    const entry = Buffer.alloc(1024);
    const end = encodeEvent(event, entry, ENTRY_HEADER_BYTES);
    const length = end - ENTRY_HEADER_BYTES;
    writeEntryHeader(entry, 0, length, fingerprintOf(event.project, event.id));
    return entry.subarray(0, end);
  });
  return Buffer.concat([encodeBlockHeader({ ...header, count: events.length }), ...entries]);
}
