import type { WireReader } from '../wire/wire-reader.js';
import { NO_THROTTLE, readTopics, writeTopics, type SpokenApi, type ByTopic } from './api.js';

/** Batches to be appended, one for each partition. */
export interface ProduceRequest {
  readonly transactionalId: string | null;
  /** 0: no answer; 1 and -1: when it is durable here, or in all in-sync replicas. */
  readonly acks: number;
  readonly timeoutMs: number;
  readonly topics: readonly ByTopic<{
    readonly partition: number;
    /** One record batch. */
    readonly records: Buffer | null;
  }>[];
}

/** Where the batch lies, or why it does not. */
export interface ProducedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly baseOffset: bigint;
  /** ms since 1970; -1 where the records keep the time that the client gave. */
  readonly logAppendTimeMs: bigint;
  readonly logStartOffset: bigint;
  readonly errorMessage: string | null;
}

/** In the order of the request; none with acks 0. */
export interface ProduceResponse {
  readonly topics: readonly ByTopic<ProducedPartition>[];
}

/**
 * Versions 0 to 2 carry formats before batch v2 and are not served, but told: a version of
 * librdkafka turns compression off where the first version told is not 0.
 */
export const produce: SpokenApi<ProduceRequest, ProduceResponse> = {
  key: 0,
  name: 'Produce',
  min: 3,
  max: 8,
  advertisedMin: 0,
  readRequest(reader) {
    return {
      transactionalId: reader.nullableString(),
      acks: reader.int16(),
      timeoutMs: reader.int32(),
      topics: readTopics(reader, () => ({
        partition: reader.int32(),
        records: reader.nullableBytes(),
      })),
    };
  },
  writeResponse(writer, { topics }, version) {
    writeTopics(writer, topics, (partition) => {
      writer.int32(partition.partition).int16(partition.errorCode).int64(partition.baseOffset);
      writer.int64(partition.logAppendTimeMs);
      if (version >= 5) writer.int64(partition.logStartOffset);
      if (version >= 8) {
        writer.int32(0); // errors of single records
        writer.nullableString(partition.errorMessage);
      }
    });
    writer.int32(NO_THROTTLE);
  },
  writeRequest(writer, { transactionalId, acks, timeoutMs, topics }) {
    writer.nullableString(transactionalId).int16(acks).int32(timeoutMs);
    writeTopics(writer, topics, ({ partition, records }) =>
      writer.int32(partition).nullableBytes(records),
    );
  },
  readResponse(reader, version) {
    const topics = readTopics(reader, () => ({
      partition: reader.int32(),
      errorCode: reader.int16(),
      baseOffset: reader.int64(),
      logAppendTimeMs: reader.int64(),
      logStartOffset: version >= 5 ? reader.int64() : -1n,
      errorMessage: version >= 8 ? readErrorMessage(reader) : null,
    }));
    reader.int32(); // throttle
    return { topics };
  },
};

function readErrorMessage(reader: WireReader): string | null {
  // Errors of single records: their index and a message.
  reader.array(() => [reader.int32(), reader.nullableString()]);
  return reader.nullableString();
}
