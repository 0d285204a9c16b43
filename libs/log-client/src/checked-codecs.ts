import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AT, BATCH_HEADER_BYTES, READABLE, walkRecords } from '@tally/kafka-wire';
import kafkajs from 'kafkajs';

const { CompressionCodecs, CompressionTypes, KafkaJSError } = kafkajs;
const unpackGzip = promisify(gunzip);

/** Nothing that the topic takes is larger, so no records were larger before they were packed. */
const MAX_UNPACKED_BYTES = 16 << 20;
/** Events have ids that do not compress. A bomb could be packed a thousand times smaller. */
const MAX_RATIO = 32;

/** A compacted topic is read too. */
const STORED = { ...READABLE, mayHaveGaps: true };

/** Where the last sound batch in the bytes of an answer ended. */
const soundUpTo = new WeakMap<ArrayBufferLike, number>();

/** Records that cannot be decoded. The client tries again and then begins again: see DamageSearch. */
export class UnreadableRecords extends KafkaJSError {
  override readonly name = 'UnreadableRecords';
}

/** To the client, which goes by the name, the answer was cut off in this batch, as answers may be. */
class CutOff extends KafkaJSError {
  override readonly name = 'KafkaJSPartialMessageError';
}

/**
 * Lets the client decode only records that were looked at: its own decoder believes all that they say
 * of themselves, and one small record keeps it busy for ever. What it can be given are codecs, and it
 * asks for one for records that are not compressed too. Our topics have only such; gzip, which an
 * Apache Kafka may have made of them, is read within bounds, and the other three are not.
 */
export function installCheckedCodecs(): void {
  const { compress } = CompressionCodecs[CompressionTypes.GZIP]() as { compress: unknown };
  const none = { decompress: (records: Buffer) => Promise.resolve(checked(records, records)) };
  const gzip = { compress, decompress: unpack };
  Object.assign(CompressionCodecs, {
    [CompressionTypes.None]: () => none,
    [CompressionTypes.GZIP]: () => gzip,
    [CompressionTypes.Snappy]: () => refusing('snappy'),
    [CompressionTypes.LZ4]: () => refusing('lz4'),
    [CompressionTypes.ZSTD]: () => refusing('zstd'),
  });
}

function refusing(name: string) {
  const refuse = (packed: Buffer) => Promise.reject(unreadable(packed, `got ${name}`));
  return { compress: refuse, decompress: refuse };
}

async function unpack(packed: Buffer): Promise<Buffer> {
  const maxOutputLength = Math.min(MAX_UNPACKED_BYTES, MAX_RATIO * packed.length);
  let records;
  try {
    records = await unpackGzip(packed, { maxOutputLength });
  } catch (error) {
    throw unreadable(packed, `expected gzip of at most ${maxOutputLength} bytes, ${String(error)}`);
  }
  return checked(packed, records);
}

/** @param stored The records as they lie in their batch, in the bytes that the log answered. */
function checked(stored: Buffer, records: Buffer): Buffer {
  const header = headerBefore(stored);
  const count = header.readInt32BE(AT.recordCount);
  const verdict = walkRecords(records, 0, STORED);
  if (verdict.kind === 'unsound') throw unreadable(stored, verdict.message);
  if (verdict.count !== count) {
    throw unreadable(stored, `expected ${count} records, got ${verdict.count}`);
  }
  soundUpTo.set(stored.buffer, stored.byteOffset + stored.length);
  return records;
}

/** The client gives a codec a view of the answer, where the batch's header lies before its records. */
function headerBefore({ buffer, byteOffset }: Buffer): Buffer {
  return Buffer.from(buffer, byteOffset - BATCH_HEADER_BYTES, BATCH_HEADER_BYTES);
}

/**
 * Behind sound batches of the same partition it is to the client as if the answer had been cut there:
 * they are delivered, and the next answer begins with this batch.
 */
function unreadable(stored: Buffer, what: string): Error {
  if (soundUpTo.get(stored.buffer) === stored.byteOffset - BATCH_HEADER_BYTES) {
    return new CutOff('there is more');
  }
  const offset = headerBefore(stored).readBigInt64BE(AT.baseOffset);
  return new UnreadableRecords(`the batch with offset ${offset} cannot be read: ${what}`);
}
