/**
 * A block is the value of one record in the log: a header, then the events as they were encoded at
 * the gateway. All integers are big-endian. The header says how to read the body and which version
 * of the registry gave the events their meaning.
 *
 * | at | size | field                                             |
 * | -: | ---: | ------------------------------------------------- |
 * |  0 |    2 | magic `54 42` ("TB")                               |
 * |  2 |    1 | format version, 3                                 |
 * |  3 |    1 | flags, 0                                          |
 * |  4 |    4 | schema id of the encoded events                   |
 * |  8 |    4 | registry version                                  |
 * | 12 |    4 | number of events, 1 to 10 000                     |
 * | 16 |    8 | not after: ms since 1970 by the log's clock       |
 * | 24 |    8 | position of the catalogue                         |
 * | 32 |      | body, at most 512 KiB                             |
 *
 * In version 2 the body lies at 24, and the position is 0: nothing was known of the catalogue. Such a
 * block is still written where that is so. In version 1 the body lies at 16: it does not say either
 * until when it may be appended.
 */
const LEAST_HEADER_BYTES = headerBytes(1);
/** Most bytes behind the header. */
export const MAX_BLOCK_BODY_BYTES = 512 * 1024;
/** Most events of one block. */
export const MAX_BLOCK_EVENTS = 10_000;

const MAGIC = 0x5442;
const FORMAT_VERSION = 3;
/** Offsets of a log are below. */
const END_OF_OFFSETS = 2n ** 63n;

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
  /**
   * Behind the last record of the catalogue that was known when the block was made: its events mean
   * entries below. Absent, as 0: none was known.
   */
  readonly catalogPosition?: bigint | undefined;
}

/** Why bytes are not a block, or a body not a body. */
export interface MalformedBlock {
  readonly kind: 'malformed';
  readonly reason: string;
}

/** A record whose header was read. */
export interface Block extends BlockHeader {
  readonly kind: 'block';
  readonly catalogPosition: bigint;
  /** Shares memory with the record. */
  readonly body: Buffer;
}

/** The bytes of a header: of the first version that can say it. */
export function encodeBlockHeader(header: BlockHeader): Buffer {
  const { schemaId, registryVersion, count, notAfterMs } = header;
  const version = versionOf(header);
  const bytes = Buffer.allocUnsafe(headerBytes(version));
  bytes.writeUInt16BE(MAGIC, 0);
  bytes.writeUInt8(version, 2);
  bytes.writeUInt8(0, 3);
  bytes.writeUInt32BE(schemaId, 4);
  bytes.writeUInt32BE(registryVersion, 8);
  bytes.writeUInt32BE(count, 12);
  if (version >= 2) bytes.writeBigUInt64BE(BigInt(notAfterMs ?? 0), 16);
  if (version >= 3) bytes.writeBigUInt64BE(header.catalogPosition ?? 0n, 24);
  return bytes;
}

/** Reads the header; the body is checked by `readEntries`. */
export function decodeBlock(record: Buffer): Block | MalformedBlock {
  if (record.length < LEAST_HEADER_BYTES)
    return malformed(`a block has at least ${LEAST_HEADER_BYTES} bytes, this one ${record.length}`);
  if (record.readUInt16BE(0) !== MAGIC) return malformed('the magic bytes of a block are missing');
  const version = record.readUInt8(2);
  if (version < 1 || version > FORMAT_VERSION || record.readUInt8(3) !== 0)
    return malformed(
      `expected a format version from 1 to ${FORMAT_VERSION} without flags, got ${version}`,
    );
  const bodyAt = headerBytes(version);
  if (record.length < bodyAt)
    return malformed(`a header has ${bodyAt} bytes, this one ${record.length}`);
  const count = record.readUInt32BE(12);
  const body = record.subarray(bodyAt);
  if (count < 1 || count > MAX_BLOCK_EVENTS)
    return malformed(`a block has 1 to ${MAX_BLOCK_EVENTS} events, this one says ${count}`);
  if (body.length > MAX_BLOCK_BODY_BYTES)
    return malformed(`a body has at most ${MAX_BLOCK_BODY_BYTES} bytes, this one ${body.length}`);
  const catalogPosition = version < 3 ? 0n : record.readBigUInt64BE(24);
  if (catalogPosition >= END_OF_OFFSETS) return malformed(`no log has offset ${catalogPosition}`);
  return {
    kind: 'block',
    schemaId: record.readUInt32BE(4),
    registryVersion: record.readUInt32BE(8),
    count,
    notAfterMs: version < 2 ? undefined : Number(record.readBigUInt64BE(16)),
    catalogPosition,
    body,
  };
}

/** Each version has 8 bytes more than the one before. */
function headerBytes(version: number): number {
  return 8 * (version + 1);
}

/** The first version that can say it. */
function versionOf({ notAfterMs, catalogPosition = 0n }: BlockHeader): number {
  if (notAfterMs === undefined) return 1;
  return catalogPosition === 0n ? 2 : 3;
}

function malformed(reason: string): MalformedBlock {
  return { kind: 'malformed', reason };
}
