/**
 * A block is the value of one record in the log: a header, then the events as they were encoded at
 * the gateway. All integers are big-endian. The header says how to read the body and which version
 * of the registry gave the events their meaning.
 *
 * | at | size | field                                             |
 * | -: | ---: | ------------------------------------------------- |
 * |  0 |    2 | magic `54 42` ("TB")                               |
 * |  2 |    1 | format version, 2                                 |
 * |  3 |    1 | flags, 0                                          |
 * |  4 |    4 | schema id of the encoded events                   |
 * |  8 |    4 | registry version                                  |
 * | 12 |    4 | number of events, 1 to 10 000                     |
 * | 16 |    8 | not after: ms since 1970 by the log's clock       |
 * | 24 |      | body, at most 512 KiB                             |
 *
 * In version 1 the body lies at 16: such a block does not say until when it may be appended.
 */
export const BLOCK_HEADER_BYTES = 24;
const VERSION_1_HEADER_BYTES = 16;
/** Most bytes behind the header. */
export const MAX_BLOCK_BODY_BYTES = 512 * 1024;
/** Most events of one block. */
export const MAX_BLOCK_EVENTS = 10_000;

const MAGIC = 0x5442;
const FORMAT_VERSION = 2;

/** How encoded events are read, and what they mean: one for all events that lie in a block together. */
export interface EventMeaning {
  /** Schema of the encoded events. */
  readonly schemaId: number;
  /** Version of the registry that the events were checked against. */
  readonly registryVersion: number;
}

/** Whether events may lie in one block. */
export function isSameMeaning(left: EventMeaning, right: EventMeaning): boolean {
  return left.schemaId === right.schemaId && left.registryVersion === right.registryVersion;
}

/** What the header of a block says. */
export interface BlockHeader extends EventMeaning {
  /** Number of events in the body. */
  readonly count: number;
  /**
   * Appended later than this it is void, by `isVoid`: ms since 1970, by the clock of the log.
   * undefined: a block of format version 1, which is never void.
   */
  readonly notAfterMs?: number | undefined;
}

/** Why bytes are not a block, or a body not a body. */
export interface MalformedBlock {
  readonly kind: 'malformed';
  readonly reason: string;
}

/** A record whose header was read. */
export interface Block extends BlockHeader {
  readonly kind: 'block';
  /** Shares memory with the record. */
  readonly body: Buffer;
}

/** The bytes of a header: 24, or the 16 of version 1 where it does not say `notAfterMs`. */
export function encodeBlockHeader(header: BlockHeader): Buffer {
  const { schemaId, registryVersion, count, notAfterMs } = header;
  const isFirst = notAfterMs === undefined;
  const bytes = Buffer.allocUnsafe(isFirst ? VERSION_1_HEADER_BYTES : BLOCK_HEADER_BYTES);
  bytes.writeUInt16BE(MAGIC, 0);
  bytes.writeUInt8(isFirst ? 1 : FORMAT_VERSION, 2);
  bytes.writeUInt8(0, 3);
  bytes.writeUInt32BE(schemaId, 4);
  bytes.writeUInt32BE(registryVersion, 8);
  bytes.writeUInt32BE(count, 12);
  if (!isFirst) bytes.writeBigUInt64BE(BigInt(notAfterMs), 16);
  return bytes;
}

/** Reads the header; the body is checked by `readEntries`. */
export function decodeBlock(record: Buffer): Block | MalformedBlock {
  if (record.length < VERSION_1_HEADER_BYTES)
    return malformed(
      `a block has at least ${VERSION_1_HEADER_BYTES} bytes, this one ${record.length}`,
    );
  if (record.readUInt16BE(0) !== MAGIC) return malformed('the magic bytes of a block are missing');
  const version = record.readUInt8(2);
  if (version < 1 || version > FORMAT_VERSION || record.readUInt8(3) !== 0)
    return malformed(
      `expected format version 1 or ${FORMAT_VERSION} without flags, got ${version}`,
    );
  if (version === FORMAT_VERSION && record.length < BLOCK_HEADER_BYTES)
    return malformed(`a header has ${BLOCK_HEADER_BYTES} bytes, this one ${record.length}`);
  const count = record.readUInt32BE(12);
  const body = record.subarray(version === 1 ? VERSION_1_HEADER_BYTES : BLOCK_HEADER_BYTES);
  if (count < 1 || count > MAX_BLOCK_EVENTS)
    return malformed(`a block has 1 to ${MAX_BLOCK_EVENTS} events, this one says ${count}`);
  if (body.length > MAX_BLOCK_BODY_BYTES)
    return malformed(`a body has at most ${MAX_BLOCK_BODY_BYTES} bytes, this one ${body.length}`);
  return {
    kind: 'block',
    schemaId: record.readUInt32BE(4),
    registryVersion: record.readUInt32BE(8),
    count,
    notAfterMs: version === 1 ? undefined : Number(record.readBigUInt64BE(16)),
    body,
  };
}

function malformed(reason: string): MalformedBlock {
  return { kind: 'malformed', reason };
}
