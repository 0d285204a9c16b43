import { crc32c } from '@node-rs/crc32';
import {
  APIS,
  AT,
  buildRecordBatch,
  WireReader,
  WireWriter,
  type Api,
  writeRequest,
} from '@tally/kafka-wire';

/** A whole number from 0 up to, but not, `below`. */
export type Pick = (below: number) => number;

/** What a seed decides: the requests of a run that found something can be made again. */
export function pickFrom(seed: number): Pick {
  let state = (seed * 2_654_435_761) | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const LONGEST_STRING = 0x7fff;
/** Names of topics and groups: some are there, some are not, and some no name can be. */
const NAMES = [
  ...Array.from({ length: 6 }, () => 'extreme'),
  ...Array.from({ length: 4 }, () => 'own-times'),
  ...['absent', 'also-absent', '__consumer_offsets', '', '.', '..', '~new', 'a/b', 'topic'],
  ...['consumer', 'range', 'retention.ms', 'message.timestamp.type', 'CreateTime', '-1', '1e400'],
  ...['cleanup.policy', 'compact,delete', 'leader.replication.throttled.replicas', '*', ',,'],
  ...['segment.bytes', 'min.insync.replicas', '2', '9223372036854775807', '1:1,'.repeat(8000)],
  ...['💡'.repeat(60), 'a'.repeat(249), 'a'.repeat(250), 'a'.repeat(LONGEST_STRING)],
];
const INT8 = [-128, -1, 0, 1, 2, 127];
const INT16 = [-(2 ** 15), -1, 0, 1, 2, 2 ** 15 - 1];
const INT32 = [-(2 ** 31), -2, -1, 0, 0, 0, 1, 1, 2, 3, 1000, 6000, 65_536, 2 ** 31 - 1];
const INT64 = [
  ...[-(2n ** 63n), -3n, -2n, -1n, 0n, 0n, 1n, 5n, 2n ** 31n, 2n ** 32n],
  ...[2n ** 53n - 1n, 2n ** 53n, 8_640_000_000_000_000n, 2n ** 63n - 2n, 2n ** 63n - 1n],
];
const INT32_FIELDS = [AT.recordCount, AT.lastOffsetDelta, AT.baseSequence, AT.length];
const INT64_FIELDS = [AT.maxTimestamp, AT.baseOffset, AT.producerId];
/** What stands where the length of a string, bytes or an array should stand. */
const WRONG_LENGTHS = [-(2 ** 31), -(2 ** 15), -2, -1, 0, 32_767, 100_001, 2 ** 24, 2 ** 31 - 1];
const WRONG_LENGTH_ONE_IN = 400;
const MANY_ELEMENTS = [100, 1000];
const LARGE_BYTES = 300_000;

function oneOf<T>(pick: Pick, values: readonly T[], otherwise: T): T {
  return values[pick(values.length)] ?? otherwise;
}

/**
 * Writes what it is asked to read: given to the decoder of a request, it makes one, with every field
 * that the decoder knows of, in any version, and extreme values in all of them.
 */
class ExtremeValues extends WireReader {
  readonly written = new WireWriter();
  private depth = 0;

  constructor(private readonly pick: Pick) {
    super(Buffer.alloc(0));
  }

  override int8(): number {
    const value = oneOf(this.pick, INT8, 0);
    this.written.int8(value);
    return value;
  }

  override int16(): number {
    const value = oneOf(this.pick, INT16, 0);
    this.written.int16(value);
    return value;
  }

  override int32(): number {
    const value = this.pick(20) === 0 ? this.pick(2 ** 32) - 2 ** 31 : oneOf(this.pick, INT32, 0);
    this.written.int32(value);
    return value;
  }

  override int64(): bigint {
    const value = oneOf(this.pick, INT64, 0n);
    this.written.int64(value);
    return value;
  }

  override string(): string {
    const value = oneOf(this.pick, NAMES, '');
    if (this.pick(WRONG_LENGTH_ONE_IN) === 0) {
      const length = oneOf(this.pick, WRONG_LENGTHS, 0);
      this.written.int16(Math.max(-(2 ** 15), Math.min(length, LONGEST_STRING)));
      this.written.raw(Buffer.from(value));
    } else this.written.string(value);
    return value;
  }

  override nullableString(): string | null {
    if (this.pick(3) > 0) return this.string();
    this.written.int16(-1);
    return null;
  }

  override bytes(): Buffer {
    const value = this.anyBytes();
    this.length(value.length);
    this.written.raw(value);
    return value;
  }

  override nullableBytes(): Buffer | null {
    if (this.pick(8) > 0) return this.bytes();
    this.written.int32(-1);
    return null;
  }

  override array<T>(element: (reader: this) => T): T[] {
    const count =
      this.depth === 0 && this.pick(500) === 0
        ? oneOf(this.pick, MANY_ELEMENTS, 0)
        : oneOf(this.pick, [0, 1, 1, 1, 1, 2, 3], 0);
    this.length(count);
    this.depth += 1;
    const elements = Array.from({ length: count }, () => element(this));
    this.depth -= 1;
    return elements;
  }

  override nullableArray<T>(element: (reader: this) => T): T[] | null {
    if (this.pick(8) > 0) return this.array(element);
    this.written.int32(-1);
    return null;
  }

  override compactArray<T>(element: (reader: this) => T): T[] {
    const count = oneOf(this.pick, [0, 1, 1, 2], 0);
    const isWrong = this.pick(WRONG_LENGTH_ONE_IN) === 0;
    this.written.unsignedVarint(isWrong ? 2 ** 31 : count + 1);
    return Array.from({ length: count }, () => element(this));
  }

  override nullableCompactArray<T>(element: (reader: this) => T): T[] | null {
    if (this.pick(8) > 0) return this.compactArray(element);
    this.written.unsignedVarint(0);
    return null;
  }

  override compactString(): string {
    const value = oneOf(this.pick, NAMES, '');
    this.written.compactString(value);
    return value;
  }

  override skipTags(): void {
    this.written.unsignedVarint(0);
  }

  /** Some are batches of records, and some of these have wrong numbers under a CRC that fits. */
  private anyBytes(): Buffer {
    const { pick } = this;
    switch (pick(8)) {
      case 0:
        return Buffer.alloc(0);
      case 1:
        return Buffer.alloc(pick(40) === 0 ? LARGE_BYTES : 61, pick(256));
      default: {
        const batch = buildRecordBatch([{ key: null, value: Buffer.from('value') }], Date.now());
        for (let changes = pick(3); changes > 0; changes--) this.spoil(batch);
        batch.writeUInt32BE(crc32c(batch.subarray(AT.attributes)), AT.crc);
        return batch;
      }
    }
  }

  private spoil(batch: Buffer): void {
    const { pick } = this;
    switch (pick(4)) {
      case 0:
        batch.writeInt16BE(oneOf(pick, INT16, 0), AT.attributes);
        return;
      case 1:
        batch.writeInt32BE(oneOf(pick, INT32, 0), oneOf(pick, INT32_FIELDS, AT.length));
        return;
      default:
        batch.writeBigInt64BE(oneOf(pick, INT64, 0n), oneOf(pick, INT64_FIELDS, AT.maxTimestamp));
    }
  }

  private length(length: number): void {
    const isWrong = this.pick(WRONG_LENGTH_ONE_IN) === 0;
    this.written.int32(isWrong ? oneOf(this.pick, WRONG_LENGTHS, 0) : length);
  }
}

const ALL: readonly Api<unknown, unknown>[] = Object.values(APIS) as Api<unknown, unknown>[];

/** A request that was made up. */
export interface ExtremeRequest {
  readonly api: string;
  readonly frame: Buffer;
}

/** One of any API in any version, with extreme numbers and lengths in all its fields. */
export function extremeRequest(pick: Pick, correlationId: number): ExtremeRequest {
  const api = oneOf(pick, ALL, APIS.metadata as Api<unknown, unknown>);
  const apiVersion = api.min + pick(api.max - api.min + 1);
  const values = new ExtremeValues(pick);
  api.readRequest(values, apiVersion);
  const header = {
    apiKey: api.key,
    apiVersion,
    correlationId,
    clientId: pick(4) === 0 ? oneOf(pick, NAMES, '') : 'extreme',
  };
  const frame = writeRequest(header, (writer) => {
    for (const part of values.written.finish()) writer.raw(part);
  });
  return { api: api.name, frame: Buffer.concat(frame) };
}
