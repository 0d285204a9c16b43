import { MAX_BLOCK_EVENTS } from '../block/block-header.js';
import { END_OF_TIME_MS } from '../events/event-rules.js';

/** Why an event is dead. The place in the list is its number in the format: new ones come last. */
export const DEAD_CAUSES = [
  /** The record is no block: it counts as one dead event, with index 0 and the bytes of the record. */
  'malformed_record',
  /** The event cannot be read by the schema that its block names, or breaks a rule of events. */
  'malformed_event',
  /** Nobody here knows the schema. */
  'unknown_schema',
  /** The version of the event types that its block names did not come. */
  'unknown_registry_version',
  /** It is older than its type allows. */
  'too_late',
  /** The position of the catalogue that its block names did not come. */
  'unknown_catalog_position',
] as const;
export type DeadCause = (typeof DEAD_CAUSES)[number];

/** Most bytes that are kept of a dead event: events of blocks are within it, foreign records are cut. */
export const MAX_DEAD_BYTES = 64 * 1024;
/** Most bytes of the sentence that says what is wrong. */
export const MAX_DEAD_REASON_BYTES = 500;

/**
 * The dead events of one record of the log: the value of one record of a dead-events topic, in the
 * partition of the same number. All integers are big-endian.
 *
 * | at | size | field                                                            |
 * | -: | ---: | ---------------------------------------------------------------- |
 * |  0 |    2 | magic `54 58` ("TX")                                             |
 * |  2 |    1 | format version, 1                                                |
 * |  3 |    1 | flags, 0                                                         |
 * |  4 |    8 | offset of the record                                             |
 * | 12 |    8 | append time, ms since 1970: the running maximum in its partition |
 * | 20 |    4 | schema id; 0 of what is no block                                 |
 * | 24 |    4 | registry version; 0 of what is no block                          |
 * | 28 |    8 | position of the catalogue; 0 of what is no block                 |
 * | 36 |    4 | n, number of dead events, at least 1                             |
 * | 40 |    2 | r, length of the reason, at most 500                             |
 * | 42 |    r | what is wrong with the first that is unreadable, UTF-8            |
 * |    |      | n dead events, in the order of their indexes                     |
 *
 * A dead event:
 *
 * | at | size | field                                                            |
 * | -: | ---: | ---------------------------------------------------------------- |
 * |  0 |    4 | index in its block, from 0                                       |
 * |  4 |    1 | cause: its place in the list                                     |
 * |  5 |    3 | 0                                                                |
 * |  8 |    4 | length of the event in the log                                   |
 * | 12 |    4 | b, how much of it is kept: all, at most 64 KiB                   |
 * | 16 |    b | its bytes, from the first                                        |
 */
const MAGIC = 0x5458;
const FORMAT_VERSION = 1;
const HEADER_BYTES = 42;
const EVENT_HEADER_BYTES = 16;
const UINT64_BELOW = 2n ** 63n;

/** One event that nobody counts. */
export interface DeadEvent {
  readonly index: number;
  readonly cause: DeadCause;
  /** Of the event in the log. */
  readonly length: number;
  /** All of it, or its beginning. */
  readonly bytes: Buffer;
}

/** The dead events of one record of the log, and what all of them share. */
export interface DeadEvents {
  readonly offset: bigint;
  readonly appendMs: number;
  readonly schemaId: number;
  readonly registryVersion: number;
  readonly catalogPosition: bigint;
  /** What is wrong with the first that cannot be read; empty where all are too late. */
  readonly reason: string;
  /** Ascending by their indexes. */
  readonly events: readonly DeadEvent[];
}

/** Dead events, or why the bytes are none. */
export type DecodedDeadEvents =
  | ({ readonly kind: 'dead events' } & DeadEvents)
  | { readonly kind: 'malformed'; readonly reason: string };

/** The topic of dead events that belongs to a topic of events. RangeError: it is none. */
export function deadEventsTopic(eventsTopic: string): string {
  const [, id] = /^events-([0-9a-f]{16})$/.exec(eventsTopic) ?? [];
  if (id === undefined) throw new RangeError(`expected a topic of events, got ${eventsTopic}`);
  return `dead-events-${id}`;
}

/** The bytes of a record. What of events or of the reason is too long is cut. */
export function encodeDeadEvents(dead: DeadEvents): Buffer {
  const reason = cutText(dead.reason);
  const kept = dead.events.map(({ bytes }) => bytes.subarray(0, MAX_DEAD_BYTES));
  const bytes = Buffer.alloc(
    HEADER_BYTES +
      reason.length +
      kept.reduce((sum, { length }) => sum + EVENT_HEADER_BYTES + length, 0),
  );
  bytes.writeUInt16BE(MAGIC, 0);
  bytes.writeUInt8(FORMAT_VERSION, 2);
  bytes.writeBigUInt64BE(dead.offset, 4);
  bytes.writeBigUInt64BE(BigInt(dead.appendMs), 12);
  bytes.writeUInt32BE(dead.schemaId, 20);
  bytes.writeUInt32BE(dead.registryVersion, 24);
  bytes.writeBigUInt64BE(dead.catalogPosition, 28);
  bytes.writeUInt32BE(dead.events.length, 36);
  bytes.writeUInt16BE(reason.length, 40);
  let at = HEADER_BYTES + reason.copy(bytes, HEADER_BYTES);
  for (const [place, { index, cause, length }] of dead.events.entries()) {
    const own = kept[place] ?? Buffer.alloc(0);
    bytes.writeUInt32BE(index, at);
    bytes.writeUInt8(DEAD_CAUSES.indexOf(cause), at + 4);
    bytes.writeUInt32BE(length, at + 8);
    bytes.writeUInt32BE(own.length, at + 12);
    at += EVENT_HEADER_BYTES + own.copy(bytes, at + EVENT_HEADER_BYTES);
  }
  return bytes;
}

/** Reads a record, whoever wrote it. Bytes of events share memory with it. */
export function decodeDeadEvents(bytes: Buffer): DecodedDeadEvents {
  if (bytes.length < HEADER_BYTES || bytes.readUInt16BE(0) !== MAGIC)
    return malformed('it does not begin as dead events do');
  if (bytes.readUInt8(2) !== FORMAT_VERSION || bytes.readUInt8(3) !== 0)
    return malformed(`expected format version ${FORMAT_VERSION} without flags`);
  const [offset, appendMs] = [bytes.readBigUInt64BE(4), bytes.readBigUInt64BE(12)];
  if (offset >= UINT64_BELOW || appendMs >= END_OF_TIME_MS)
    return malformed('no record has that offset or time');
  const count = bytes.readUInt32BE(36);
  const start = HEADER_BYTES + bytes.readUInt16BE(40);
  if (start - HEADER_BYTES > MAX_DEAD_REASON_BYTES) return malformed('its reason is too long');
  if (count < 1 || count > MAX_BLOCK_EVENTS || start + count * EVENT_HEADER_BYTES > bytes.length)
    return malformed(`${bytes.length} bytes cannot hold ${count} dead events`);
  const events: DeadEvent[] = [];
  let at = start;
  for (let before = -1; events.length < count;) {
    const event = eventAt(bytes, at);
    if (event === undefined || event.index <= before)
      return malformed(`dead event ${events.length} of ${count} is none`);
    events.push(event);
    before = event.index;
    at += EVENT_HEADER_BYTES + event.bytes.length;
  }
  if (at !== bytes.length) return malformed(`${bytes.length - at} bytes lie behind its last event`);
  return {
    kind: 'dead events',
    offset,
    appendMs: Number(appendMs),
    schemaId: bytes.readUInt32BE(20),
    registryVersion: bytes.readUInt32BE(24),
    catalogPosition: bytes.readBigUInt64BE(28),
    reason: bytes.toString('utf8', HEADER_BYTES, start),
    events,
  };
}

function eventAt(bytes: Buffer, at: number): DeadEvent | undefined {
  if (at + EVENT_HEADER_BYTES > bytes.length) return undefined;
  const index = bytes.readUInt32BE(at);
  const cause = DEAD_CAUSES[bytes.readUInt8(at + 4)];
  const length = bytes.readUInt32BE(at + 8);
  const kept = bytes.readUInt32BE(at + 12);
  const from = at + EVENT_HEADER_BYTES;
  const isWhole = kept === Math.min(length, MAX_DEAD_BYTES) && from + kept <= bytes.length;
  if (index >= MAX_BLOCK_EVENTS || cause === undefined || bytes.readUIntBE(at + 5, 3) !== 0)
    return undefined;
  return isWhole ? { index, cause, length, bytes: bytes.subarray(from, from + kept) } : undefined;
}

/** Whole characters. */
function cutText(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_DEAD_REASON_BYTES) return bytes;
  let end = MAX_DEAD_REASON_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}

function malformed(reason: string): DecodedDeadEvents {
  return { kind: 'malformed', reason };
}
