import { readEntries } from '../block/block-body.js';
import { MAX_BLOCK_BODY_BYTES, MAX_BLOCK_EVENTS } from '../block/block-header.js';
import { END_OF_TIME_MS } from '../events/event-rules.js';
import type { IndexRange, OffsetRange } from '../log.js';

/**
 * A dead letter is the value of one record of a dead-letters topic: what one shard, which did not
 * answer, has to count of one partition of events. Its accepted events with their offsets, never sums:
 * it may be delivered any number of times, in any order, and in part. All integers are big-endian.
 *
 * | at | size | field                                                              |
 * | -: | ---: | ------------------------------------------------------------------ |
 * |  0 |    2 | magic `54 44` ("TD")                                                |
 * |  2 |    1 | format version, 2; 1 where there is nothing of it to be said        |
 * |  3 |    1 | flags, 0                                                           |
 * |  4 |    4 | shard                                                              |
 * |  8 |    4 | s, number of ranges that stand in letters before this one          |
 * | 12 |    4 | r, number of ranges of this letter                                 |
 * | 16 |    4 | n, number of records of the log of which something is in it        |
 * | 20 | 28 s | of each standing range: shard (4), first offset (8), offset behind |
 * |    |      | the last (8), offset of the last letter that has some of it (8)    |
 * |    | 16 r | of each range: first offset (8), offset behind the last (8)        |
 * |    |      | n records, in the order of their offsets                           |
 *
 * A record:
 *
 * | at | size | field                                                              |
 * | -: | ---: | ------------------------------------------------------------------ |
 * |  0 |    8 | offset                                                             |
 * |  8 |    8 | append time, ms since 1970: the running maximum in its partition   |
 * | 16 |    4 | schema id                                                          |
 * | 20 |    4 | registry version                                                   |
 * | 24 |    4 | e, number of accepted events                                       |
 * | 28 |   20 | number of duplicate, conflicting, too late, dead and expired ones  |
 * | 48 |    4 | b, length of the body                                              |
 * | 52 |    8 | position of the catalogue that its block names                     |
 * | 60 |    b | e entries, as in a block                                           |
 *
 * Behind the entries of each record:
 *
 * | size | field                                                                   |
 * | ---: | ----------------------------------------------------------------------- |
 * |    4 | d, number of ranges of dead events that are kept for the shard          |
 * |  8 d | of each: first index in the block (4), index behind the last (4)        |
 *
 * In version 1, which is still written where all positions are 0 and nothing is dead, there are neither
 * positions nor dead events, and entries lie at 52.
 *
 * An offset in a range without a record has nothing for the shard.
 */
const MAGIC = 0x5444;
const FORMAT_VERSION = 2;
/** Of letters without positions and dead events: what processors and replayers of before read and write. */
const PLAIN_VERSION = 1;
const HEADER_BYTES = 20;
const STANDING_BYTES = 28;
const RANGE_BYTES = 16;
const INDEXES_BYTES = 8;
export const LETTER_RECORD_HEADER_BYTES = 60;
const PLAIN_RECORD_HEADER_BYTES = 52;
const UINT64_BELOW = 2n ** 63n;

/** Offsets of the partition that stand in letters for a shard, up to the letter with that offset. */
export interface StandingRange extends OffsetRange {
  readonly shard: number;
  readonly lastLetter: bigint;
}

/** What of one record of the log is in a letter: the fates of the shard's events, and the accepted ones. */
export interface LetterRecord {
  readonly offset: bigint;
  readonly appendMs: number;
  readonly schemaId: number;
  readonly registryVersion: number;
  readonly catalogPosition: bigint;
  readonly counted: number;
  readonly duplicates: number;
  readonly conflicting: number;
  readonly tooLate: number;
  readonly dead: number;
  readonly expired: number;
  /** As many entries as are counted, as in the body of a block. */
  readonly body: Buffer;
  /** Its dead events that are kept for the shard, by their indexes: ascending, and none touch. */
  readonly deadIndexes: readonly IndexRange[];
}

/** What is in a letter. */
export interface DeadLetter {
  readonly shard: number;
  /** Of all shards: what stood in letters of this partition when this one was written. */
  readonly standing: readonly StandingRange[];
  readonly ranges: readonly OffsetRange[];
  readonly records: readonly LetterRecord[];
}

/** A letter, or why the bytes are none. */
export type DecodedLetter =
  | ({ readonly kind: 'letter' } & DeadLetter)
  | { readonly kind: 'malformed'; readonly reason: string };

/** The topic of dead letters that belongs to a topic of events. RangeError: it is none. */
export function deadLettersTopic(eventsTopic: string): string {
  const [, id] = /^events-([0-9a-f]{16})$/.exec(eventsTopic) ?? [];
  if (id === undefined) throw new RangeError(`expected a topic of events, got ${eventsTopic}`);
  return `dead-letters-${id}`;
}

/** The bytes of a letter. */
export function encodeDeadLetter({ shard, standing, ranges, records }: DeadLetter): Buffer {
  const bodies = records.reduce((sum, { body }) => sum + body.length, 0);
  const dead = records.reduce((sum, { deadIndexes }) => sum + deadIndexes.length, 0);
  const isPlain = dead === 0 && records.every(({ catalogPosition }) => catalogPosition === 0n);
  const bytes = Buffer.allocUnsafe(
    HEADER_BYTES +
      standing.length * STANDING_BYTES +
      ranges.length * RANGE_BYTES +
      records.length * recordHeaderBytes(isPlain) +
      bodies +
      dead * INDEXES_BYTES,
  );
  bytes.writeUInt16BE(MAGIC, 0);
  bytes.writeUInt8(isPlain ? PLAIN_VERSION : FORMAT_VERSION, 2);
  bytes.writeUInt8(0, 3);
  let at = bytes.writeUInt32BE(shard, 4);
  for (const { length } of [standing, ranges, records]) at = bytes.writeUInt32BE(length, at);
  for (const range of standing) {
    at = bytes.writeUInt32BE(range.shard, at);
    at = bytes.writeBigUInt64BE(range.from, at);
    at = bytes.writeBigUInt64BE(range.to, at);
    at = bytes.writeBigUInt64BE(range.lastLetter, at);
  }
  for (const { from, to } of ranges) {
    at = bytes.writeBigUInt64BE(from, at);
    at = bytes.writeBigUInt64BE(to, at);
  }
  for (const record of records) {
    at = bytes.writeBigUInt64BE(record.offset, at);
    at = bytes.writeBigUInt64BE(BigInt(record.appendMs), at);
    at = bytes.writeUInt32BE(record.schemaId, at);
    at = bytes.writeUInt32BE(record.registryVersion, at);
    at = bytes.writeUInt32BE(record.counted, at);
    at = bytes.writeUInt32BE(record.duplicates, at);
    at = bytes.writeUInt32BE(record.conflicting, at);
    at = bytes.writeUInt32BE(record.tooLate, at);
    at = bytes.writeUInt32BE(record.dead, at);
    at = bytes.writeUInt32BE(record.expired, at);
    at = bytes.writeUInt32BE(record.body.length, at);
    if (!isPlain) at = bytes.writeBigUInt64BE(record.catalogPosition, at);
    at += record.body.copy(bytes, at);
    if (!isPlain) at = writeIndexes(record.deadIndexes, bytes, at);
  }
  return bytes;
}

function writeIndexes(ranges: readonly IndexRange[], bytes: Buffer, from: number): number {
  let at = bytes.writeUInt32BE(ranges.length, from);
  for (const range of ranges) {
    at = bytes.writeUInt32BE(range.from, at);
    at = bytes.writeUInt32BE(range.to, at);
  }
  return at;
}

/** Reads a letter, whoever wrote it. Bodies share memory with it. */
export function decodeDeadLetter(bytes: Buffer): DecodedLetter {
  if (bytes.length < HEADER_BYTES || bytes.readUInt16BE(0) !== MAGIC)
    return malformed('it does not begin as a dead letter does');
  const version = bytes.readUInt8(2);
  if (version < PLAIN_VERSION || version > FORMAT_VERSION || bytes.readUInt8(3) !== 0)
    return malformed(`expected a format version up to ${FORMAT_VERSION} without flags`);
  const reader = new LetterReader(bytes, version === PLAIN_VERSION);
  const [shard, standing, ranges, records] = [
    bytes.readUInt32BE(4),
    bytes.readUInt32BE(8),
    bytes.readUInt32BE(12),
    bytes.readUInt32BE(16),
  ];
  const least =
    HEADER_BYTES +
    standing * STANDING_BYTES +
    ranges * RANGE_BYTES +
    records * recordHeaderBytes(version === PLAIN_VERSION);
  if (least > bytes.length) return malformed(`${bytes.length} bytes cannot hold what it says`);
  try {
    const letter: DecodedLetter = {
      kind: 'letter',
      shard,
      standing: Array.from({ length: standing }, () => reader.standing()),
      ranges: reader.ranges(ranges),
      records: reader.records(records),
    };
    reader.assertEnd();
    assertWithin(letter);
    return letter;
  } catch (error) {
    if (error instanceof MalformedLetter) return malformed(error.message);
    throw error;
  }
}

/** And what is at least behind the entries of a record. */
function recordHeaderBytes(isPlain: boolean): number {
  return isPlain ? PLAIN_RECORD_HEADER_BYTES : LETTER_RECORD_HEADER_BYTES + 4;
}

class MalformedLetter extends Error {
  override readonly name = 'MalformedLetter';
}

/** Goes over the bytes of a letter of which the fixed parts fit. */
class LetterReader {
  private at = HEADER_BYTES;

  constructor(
    private readonly bytes: Buffer,
    private readonly isPlain: boolean,
  ) {}

  standing(): StandingRange {
    const shard = this.uint32();
    return { shard, ...this.range(), lastLetter: this.uint64() };
  }

  ranges(count: number): OffsetRange[] {
    let end = -1n;
    return Array.from({ length: count }, () => {
      const range = this.range();
      if (range.from <= end) throw new MalformedLetter('its ranges do not ascend');
      end = range.to;
      return range;
    });
  }

  records(count: number): LetterRecord[] {
    let before = -1n;
    return Array.from({ length: count }, () => {
      const record = this.record();
      if (record.offset <= before) throw new MalformedLetter('its records do not ascend');
      before = record.offset;
      return record;
    });
  }

  assertEnd(): void {
    const left = this.bytes.length - this.at;
    if (left !== 0) throw new MalformedLetter(`${left} bytes lie behind its last record`);
  }

  private range(): OffsetRange {
    const range = { from: this.uint64(), to: this.uint64() };
    if (range.from >= range.to)
      throw new MalformedLetter(`expected offsets, got ${range.from} to ${range.to}`);
    return range;
  }

  private record(): LetterRecord {
    if (this.at + recordHeaderBytes(this.isPlain) > this.bytes.length)
      throw new MalformedLetter('a record begins behind its end');
    const head = {
      offset: this.uint64(),
      appendMs: this.time(),
      schemaId: this.uint32(),
      registryVersion: this.uint32(),
      counted: this.uint32(),
      duplicates: this.uint32(),
      conflicting: this.uint32(),
      tooLate: this.uint32(),
      dead: this.uint32(),
      expired: this.uint32(),
    };
    const length = this.uint32();
    const catalogPosition = this.isPlain ? 0n : this.uint64();
    if (length > MAX_BLOCK_BODY_BYTES || this.at + length > this.bytes.length)
      throw new MalformedLetter(`a record says that its events have ${length} bytes`);
    const body = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    if (head.counted > MAX_BLOCK_EVENTS || readEntries(body, head.counted).kind !== 'entries')
      throw new MalformedLetter(`the events of offset ${head.offset} are none`);
    return { ...head, catalogPosition, body, deadIndexes: this.isPlain ? [] : this.indexes() };
  }

  private indexes(): IndexRange[] {
    const left = () => this.bytes.length - this.at;
    const count = left() < 4 ? MAX_BLOCK_EVENTS : this.uint32();
    if (count * INDEXES_BYTES > left()) throw new MalformedLetter('dead events lie behind its end');
    let end = -1;
    return Array.from({ length: count }, () => {
      const range = { from: this.uint32(), to: this.uint32() };
      if (range.from <= end || range.to <= range.from || range.to > MAX_BLOCK_EVENTS)
        throw new MalformedLetter(`no dead events are ${range.from} to ${range.to}`);
      end = range.to;
      return range;
    });
  }

  private uint32(): number {
    const value = this.bytes.readUInt32BE(this.at);
    this.at += 4;
    return value;
  }

  private time(): number {
    const ms = Number(this.uint64());
    if (ms >= END_OF_TIME_MS) throw new MalformedLetter(`no clock has the time ${ms}`);
    return ms;
  }

  private uint64(): bigint {
    const value = this.bytes.readBigUInt64BE(this.at);
    if (value >= UINT64_BELOW) throw new MalformedLetter(`no offset or time is ${value}`);
    this.at += 8;
    return value;
  }
}

/** A record outside of the ranges would be counted for an offset that the letter does not cover. */
function assertWithin({ ranges, records }: Pick<DeadLetter, 'ranges' | 'records'>): void {
  let index = 0;
  for (const { offset } of records) {
    while ((ranges[index]?.to ?? UINT64_BELOW) <= offset) index += 1;
    const range = ranges[index];
    if (range === undefined || offset < range.from)
      throw new MalformedLetter(`offset ${offset} lies in none of its ranges`);
  }
}

function malformed(reason: string): DecodedLetter {
  return { kind: 'malformed', reason };
}
