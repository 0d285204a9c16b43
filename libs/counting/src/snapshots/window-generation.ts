import { crc32c } from '@node-rs/crc32';

/**
 * A generation of a dedup window: what the window of one partition was told for some records of the log,
 * one behind the other. It is a function of the log and the range alone. All integers are big-endian.
 *
 * | at     | size | field                                                       |
 * | -----: | ---: | ----------------------------------------------------------- |
 * |      0 |    2 | magic `54 57` ("TW")                                        |
 * |      2 |    1 | format version, 1                                           |
 * |      3 |    1 | flags, 0                                                    |
 * |      4 |    4 | partition                                                   |
 * |      8 |    8 | offset of the first record                                  |
 * |     16 |    4 | n, number of records                                        |
 * |     20 |    4 | number of events of all records                             |
 * |     24 |    2 | t, length of the topic's name                               |
 * |     26 |    t | name of the topic                                           |
 * | 26 + t |      | n records                                                   |
 * |      … |    4 | CRC-32C of everything before                                |
 *
 * A record:
 *
 * | at | size | field                                                           |
 * | -: | ---: | --------------------------------------------------------------- |
 * |  0 |    8 | append time, ms since 1970: the running maximum                 |
 * |  8 |    4 | e, number of events that the window was told of                 |
 * | 12 | 18 e | of each event: fingerprint (16), hash of its contents (2)       |
 */
const MAGIC = 0x5457;
const FORMAT_VERSION = 1;
const AT = { version: 2, flags: 3, partition: 4, first: 8, records: 16, events: 20, topic: 24 };
const TOPIC_AT = 26;
const CRC_BYTES = 4;
export const RECORD_HEADER_BYTES = 12;
/** Where a record says how many events it has. */
export const COUNT_AT = 8;
/** Where an event has the hash of its contents. */
export const CONTENT_AT = 16;
export const EVENT_BYTES = 18;

/** Of which records a generation is. */
export interface GenerationRange {
  readonly partition: number;
  /** Offset of the first record. */
  readonly first: bigint;
  /** Offset behind the last. */
  readonly end: bigint;
  /** Append time of the last, ms since 1970: the running maximum. */
  readonly lastMs: number;
}

/** A generation that was read. */
export interface WindowGeneration extends GenerationRange {
  readonly kind: 'generation';
  readonly events: number;
  readonly bytes: Buffer;
  /** Where the records lie in the bytes. */
  readonly from: number;
  readonly to: number;
}

/** Bytes that are no generation, or not that one. */
export interface MalformedGeneration {
  readonly kind: 'malformed';
  readonly reason: string;
}

/** One record of the log, as the window was told of it. */
export interface ToldRecord {
  readonly offset: bigint;
  readonly appendMs: number;
  /** Where its events lie in the bytes of the generation. */
  readonly from: number;
  readonly to: number;
}

/** Bytes before the first record. */
export function generationHeaderBytes(topic: string): number {
  return TOPIC_AT + Buffer.byteLength(topic);
}

/**
 * Writes header and checksum around the records, which lie behind the room for the one up to `end`, with
 * room for the other behind. @returns the generation, in the same bytes.
 */
export function sealGeneration(
  sealed: Buffer,
  end: number,
  {
    topic,
    partition,
    first,
    records,
    events,
  }: {
    readonly topic: string;
    readonly partition: number;
    readonly first: bigint;
    readonly records: number;
    readonly events: number;
  },
): Buffer {
  sealed.writeUInt16BE(MAGIC, 0);
  sealed.writeUInt8(FORMAT_VERSION, AT.version);
  sealed.writeUInt8(0, AT.flags);
  sealed.writeUInt32BE(partition, AT.partition);
  sealed.writeBigUInt64BE(first, AT.first);
  sealed.writeUInt32BE(records, AT.records);
  sealed.writeUInt32BE(events, AT.events);
  sealed.writeUInt16BE(Buffer.byteLength(topic), AT.topic);
  sealed.write(topic, TOPIC_AT);
  sealed.writeUInt32BE(crc32c(sealed.subarray(0, end)), end);
  return sealed.subarray(0, end + CRC_BYTES);
}

/**
 * Reads a generation. Nothing of it is believed before its checksum, nor that it is of this topic and
 * range: files may be torn, damaged, or another's.
 */
export function readGeneration(
  bytes: Buffer,
  topic: string,
  range: GenerationRange,
): WindowGeneration | MalformedGeneration {
  const from = generationHeaderBytes(topic);
  const to = bytes.length - CRC_BYTES;
  if (to < from) return malformed(`${bytes.length} bytes are too few`);
  if (crc32c(bytes.subarray(0, to)) !== bytes.readUInt32BE(to))
    return malformed('its checksum is not that of its bytes');
  if (bytes.readUInt16BE(0) !== MAGIC || bytes.readUInt16BE(AT.version) !== FORMAT_VERSION << 8)
    return malformed('it has another format');
  if (
    bytes.readUInt16BE(AT.topic) !== from - TOPIC_AT ||
    bytes.toString('utf8', TOPIC_AT, from) !== topic
  )
    return malformed('it is of another topic');
  const { partition, first, end } = range;
  const records = bytes.readUInt32BE(AT.records);
  if (
    bytes.readUInt32BE(AT.partition) !== partition ||
    bytes.readBigUInt64BE(AT.first) !== first ||
    BigInt(records) !== end - first
  )
    return malformed('it is of other records');
  const events = bytes.readUInt32BE(AT.events);
  const generation = { kind: 'generation', ...range, events, bytes, from, to } as const;
  return isWhole(generation, records) ? generation : malformed('its records are not whole');
}

/** Of a generation, in the order of the log. */
export function* toldRecords({ bytes, first, from, to }: WindowGeneration): Iterable<ToldRecord> {
  let offset = first;
  for (let at = from; at < to;) {
    const appendMs = Number(bytes.readBigUInt64BE(at));
    const begin = at + RECORD_HEADER_BYTES;
    at = begin + bytes.readUInt32BE(at + COUNT_AT) * EVENT_BYTES;
    yield { offset, appendMs, from: begin, to: at };
    offset += 1n;
  }
}

function isWhole(generation: WindowGeneration, records: number): boolean {
  const { bytes, from, to, events, lastMs } = generation;
  let at = from;
  let told = 0;
  let appendMs = 0;
  for (let record = 0; record < records; record++) {
    if (at + RECORD_HEADER_BYTES > to) return false;
    appendMs = Number(bytes.readBigUInt64BE(at));
    const count = bytes.readUInt32BE(at + COUNT_AT);
    told += count;
    at += RECORD_HEADER_BYTES + count * EVENT_BYTES;
  }
  return at === to && told === events && appendMs === lastMs;
}

function malformed(reason: string): MalformedGeneration {
  return { kind: 'malformed', reason };
}
