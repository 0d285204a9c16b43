import type { KafkaError } from '../error-codes.js';
import {
  AT,
  ATTRIBUTES,
  BATCH_HEADER_BYTES,
  LAST_CODEC,
  LENGTH_ENDS_AT,
  MAGIC,
} from './batch-layout.js';
import { isTimestamp, MAX_TIMESTAMP_MS, NO_TIMESTAMP } from './timestamp.js';
import { ANY_RECORDS, READABLE, walkRecords } from './walk-records.js';
import { hasValidCrc, readBatchHeader, type BatchHeader } from './batch-header.js';

/** Whether a batch may be stored; if not, why, as a client is told. */
export type BatchVerdict =
  | { readonly kind: 'valid'; readonly header: BatchHeader }
  | { readonly kind: 'invalid'; readonly error: KafkaError; readonly message: string };

/** What a topic asks of the batches in it. */
export interface BatchRules {
  readonly maxBytes: number;
  /** The times that the producer gave stay: they must be some that the log can keep. */
  readonly keepsTime: boolean;
  /** No codec is taken, nor what the readers of Tally could not take: see READABLE. */
  readonly isUncompressed: boolean;
}

/**
 * What a leader checks of what a producer sent: exactly one batch of format v2, whole, not a control
 * batch, not part of a transaction, whose records are sound in their form. Compressed ones stay what
 * they are, where they are taken: damage that their producer checksummed is found by the reader.
 */
export function validateBatch(
  records: Buffer | null,
  { maxBytes, keepsTime, isUncompressed }: BatchRules,
): BatchVerdict {
  if (records === null || records.length < BATCH_HEADER_BYTES) {
    return invalid('CORRUPT_MESSAGE', `expected a record batch, got ${records?.length ?? 0} bytes`);
  }
  const magic = records[AT.magic];
  if (magic !== MAGIC) {
    return invalid('UNSUPPORTED_FOR_MESSAGE_FORMAT', `expected record format 2, got ${magic}`);
  }
  const size = records.readInt32BE(AT.length) + LENGTH_ENDS_AT;
  if (size < BATCH_HEADER_BYTES || size > records.length) {
    return invalid('CORRUPT_MESSAGE', `batch of ${size} bytes in ${records.length}`);
  }
  if (size < records.length) {
    return invalid('INVALID_RECORD', `expected one batch, got ${records.length - size} bytes more`);
  }
  if (size > maxBytes) {
    return invalid('MESSAGE_TOO_LARGE', `batch of ${size} bytes where ${maxBytes} are allowed`);
  }
  if (!hasValidCrc(records, 0, size)) {
    return invalid('CORRUPT_MESSAGE', 'the CRC of the batch does not fit its bytes');
  }
  const header = readBatchHeader(records);
  if (header === undefined || header.count !== header.recordCount) {
    return invalid('INVALID_RECORD', 'the number of records and the last offset do not agree');
  }
  if ((header.attributes & (ATTRIBUTES.control | ATTRIBUTES.transactional)) !== 0) {
    return invalid('INVALID_RECORD', 'control and transactional batches are not taken');
  }
  const codec = header.attributes & ATTRIBUTES.codecMask;
  if (codec > LAST_CODEC) return invalid('UNSUPPORTED_COMPRESSION_TYPE', 'unknown compression');
  if (codec !== 0 && isUncompressed) {
    const message = `expected records that are not compressed, as compression.type of the topic says, got codec ${codec}`;
    return invalid('INVALID_RECORD', message);
  }
  if (codec === 0) {
    const walked = walkRecords(records, AT.records, isUncompressed ? READABLE : ANY_RECORDS);
    if (walked.kind === 'unsound') return invalid('INVALID_RECORD', walked.message);
    if (walked.count !== header.recordCount) {
      const message = `expected ${header.recordCount} records, got ${walked.count}`;
      return invalid('INVALID_RECORD', message);
    }
  }
  const time = records.readBigInt64BE(AT.maxTimestamp);
  if (keepsTime && !isTimestamp(time)) {
    const message = `expected times from ${NO_TIMESTAMP} to ${MAX_TIMESTAMP_MS} ms, got ${time}`;
    return invalid('INVALID_TIMESTAMP', message);
  }
  const { producerId, producerEpoch, baseSequence } = header;
  if (producerId >= 0n && (producerEpoch < 0 || baseSequence < 0)) {
    return invalid('INVALID_RECORD', 'a producer with an id has an epoch and a sequence from 0 on');
  }
  return { kind: 'valid', header };
}

function invalid(error: KafkaError, message: string): BatchVerdict {
  return { kind: 'invalid', error, message };
}
