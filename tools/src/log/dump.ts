import { readRecords } from '@tally/kafka-wire';
import { nodeFileSystem, walkSegment, type SegmentPart } from '@tally/segment-log';

export interface DumpOptions {
  /** Leaves out batches that end before this offset. */
  readonly from: bigint;
  /** Also the records of batches that are not compressed. */
  readonly withRecords: boolean;
  /** A JSON object per line, for programs. */
  readonly asJson: boolean;
}

/** By the number in the lowest bits of a batch's attributes. */
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const CODEC_MASK = 0b111;

/** Lines that say what is in a segment file. */
export async function* dumpSegment(path: string, options: DumpOptions): AsyncGenerator<string> {
  for await (const part of walkSegment(nodeFileSystem, path)) {
    if (part.kind === 'other') {
      yield options.asJson
        ? JSON.stringify(part)
        : `at ${part.position}: ${part.bytes} bytes that are no batch`;
      continue;
    }
    const { baseOffset, count } = part.header;
    if (baseOffset + BigInt(count) <= options.from) continue;
    const batch = describe(part);
    const records = options.withRecords ? recordsOf(part) : [];
    if (options.asJson) {
      yield JSON.stringify(options.withRecords ? { ...batch, records } : batch);
      continue;
    }
    yield lineOf(batch);
    for (const { offset, key, value } of records) {
      yield `  ${offset}: ${JSON.stringify(key)} → ${JSON.stringify(value)}`;
    }
  }
}

function describe({ position, header, hasValidCrc }: SegmentPart & { readonly kind: 'batch' }) {
  const { baseOffset, count, size, maxTimestampMs, attributes, crc } = header;
  const { producerId, producerEpoch, baseSequence } = header;
  return {
    kind: 'batch',
    position,
    size,
    offset: String(baseOffset),
    count,
    time: timeOf(maxTimestampMs),
    codec: CODECS[attributes & CODEC_MASK] ?? `unknown (${attributes & CODEC_MASK})`,
    crc: crc.toString(16).padStart(8, '0'),
    hasValidCrc,
    ...(producerId >= 0n && { producer: String(producerId), epoch: producerEpoch, baseSequence }),
  };
}

function lineOf(batch: ReturnType<typeof describe>): string {
  const { position, size, offset, count, time, codec, crc, hasValidCrc } = batch;
  const producer =
    batch.producer === undefined
      ? ''
      : `, producer ${batch.producer} epoch ${batch.epoch} sequence ${batch.baseSequence}`;
  const verdict = hasValidCrc ? 'fits' : 'DOES NOT FIT';
  return `at ${position}: offset ${offset}, ${count} records, ${size} bytes, ${time}, codec ${codec}${producer}, CRC ${crc} ${verdict}`;
}

/** Text where it is UTF-8; other bytes are shown as replacement characters. */
function recordsOf({ header, bytes, hasValidCrc }: SegmentPart & { readonly kind: 'batch' }) {
  // What is damaged is not taken apart, and what is compressed is not unpacked.
  if (!hasValidCrc || (header.attributes & CODEC_MASK) !== 0) return [];
  return readRecords(bytes).map(({ key, value }, index) => ({
    offset: String(header.baseOffset + BigInt(index)),
    key: key && String(key),
    value: value && String(value),
  }));
}

function timeOf(timestampMs: number): string {
  const date = new Date(timestampMs);
  return Number.isNaN(date.getTime()) ? String(timestampMs) : date.toISOString();
}
