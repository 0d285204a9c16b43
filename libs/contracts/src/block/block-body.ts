import type { MalformedBlock } from './block-header.js';

/**
 * A body is a row of entries, one per event, with nothing between and nothing behind them. It is the
 * same between gateway and partitioner and in a block, so that an entry is encoded once and copied.
 *
 * | at | size | field                                                                 |
 * | -: | ---: | --------------------------------------------------------------------- |
 * |  0 |    4 | n, length of the encoded event in bytes, big-endian                   |
 * |  4 |   16 | fingerprint of (project, id): what tells duplicates of an event        |
 * | 20 |    n | the event, Avro binary encoding of the schema that the header names   |
 */
export const ENTRY_HEADER_BYTES = 20;
/** Where the 16 bytes of the fingerprint lie in an entry. */
export const FINGERPRINT_AT = 4;
/**
 * Most bytes of one encoded event. The largest that the gateway accepts (32 attributes of 256 bytes
 * with names of 64, subject 512) is about 12 KiB.
 */
export const MAX_EVENT_BYTES = 64 * 1024;

/** Where each entry of a body lies. */
export interface Entries {
  readonly kind: 'entries';
  /** Offset of each entry, ascending, and the length of the body behind the last: count + 1 numbers. */
  readonly starts: Uint32Array;
}

/** Checks that a body consists of exactly `count` entries, without looking into the events. */
export function readEntries(body: Buffer, count: number): Entries | MalformedBlock {
  // Each entry has its header: a count that the body cannot hold allocates nothing.
  if (count * ENTRY_HEADER_BYTES > body.length)
    return malformed(`${body.length} bytes cannot hold ${count} events`);
  const starts = new Uint32Array(count + 1);
  let at = 0;
  for (let index = 0; index < count; index++) {
    starts[index] = at;
    if (at + ENTRY_HEADER_BYTES > body.length)
      return malformed(`event ${index} of ${count} begins behind the end`);
    const length = body.readUInt32BE(at);
    if (length > MAX_EVENT_BYTES || at + ENTRY_HEADER_BYTES + length > body.length)
      return malformed(`event ${index} says that it has ${length} bytes`);
    at += ENTRY_HEADER_BYTES + length;
  }
  if (at !== body.length) return malformed(`${body.length - at} bytes lie behind the last event`);
  starts[count] = at;
  return { kind: 'entries', starts };
}

/** Writes an entry's header; the encoded event of `length` bytes lies at `at + ENTRY_HEADER_BYTES`. */
export function writeEntryHeader(
  body: Buffer,
  at: number,
  length: number,
  fingerprint: Uint8Array,
): void {
  body.writeUInt32BE(length, at);
  body.set(fingerprint, at + FINGERPRINT_AT);
}

/** First four bytes of the fingerprint as an unsigned number: they choose the partition. */
export function fingerprintPrefixAt(body: Buffer, start: number): number {
  return body.readUInt32BE(start + FINGERPRINT_AT);
}

function malformed(reason: string): MalformedBlock {
  return { kind: 'malformed', reason };
}
