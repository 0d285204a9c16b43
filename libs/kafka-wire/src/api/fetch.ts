import {
  NO_REPLICA,
  NO_THROTTLE,
  readTopics,
  writeTopics,
  type SpokenApi,
  type ByTopic,
} from './api.js';

/** From where on, and how much, a client wants of a partition. */
export interface FetchPartition {
  readonly partition: number;
  /** The leader epoch that the client knows; -1 for none. */
  readonly currentLeaderEpoch: number;
  readonly fetchOffset: bigint;
  readonly maxBytes: number;
}

/** The server answers when it has `minBytes` for it, or after `maxWaitMs`. */
export interface FetchRequest {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  /** 0 without an incremental session. */
  readonly sessionId: number;
  /** -1: no session; 0: make one; greater: go on with one. */
  readonly sessionEpoch: number;
  readonly topics: readonly ByTopic<FetchPartition>[];
}

/** What there is of a partition, or why nothing. */
export interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: bigint;
  readonly lastStableOffset: bigint;
  readonly logStartOffset: bigint;
  /** Whole record batches. */
  readonly records: readonly Buffer[];
}

/** `errorCode`, from version 7 on: of the fetch session. */
export interface FetchResponse {
  readonly errorCode: number;
  readonly topics: readonly ByTopic<FetchedPartition>[];
}

/** Reads batches of partitions, waiting for them if asked to. */
export const fetch: SpokenApi<FetchRequest, FetchResponse> = {
  key: 1,
  name: 'Fetch',
  min: 4,
  max: 11,
  readRequest(reader, version) {
    reader.int32(); // replica id
    const maxWaitMs = reader.int32();
    const minBytes = reader.int32();
    const maxBytes = reader.int32();
    reader.int8(); // isolation level: there are no transactions
    const sessionId = version >= 7 ? reader.int32() : 0;
    const sessionEpoch = version >= 7 ? reader.int32() : -1;
    const topics = readTopics(reader, () => {
      const partition = reader.int32();
      const currentLeaderEpoch = version >= 9 ? reader.int32() : -1;
      const fetchOffset = reader.int64();
      if (version >= 5) reader.int64(); // log start offset of a follower
      return { partition, currentLeaderEpoch, fetchOffset, maxBytes: reader.int32() };
    });
    if (version >= 7) readTopics(reader, () => reader.int32()); // forgotten in the session
    if (version >= 11) reader.string(); // rack
    return { maxWaitMs, minBytes, maxBytes, sessionId, sessionEpoch, topics };
  },
  writeResponse(writer, { errorCode, topics }, version) {
    writer.int32(NO_THROTTLE);
    if (version >= 7) writer.int16(errorCode).int32(0); // no session was made
    writeTopics(writer, topics, (partition) => {
      writer.int32(partition.partition).int16(partition.errorCode);
      writer.int64(partition.highWatermark).int64(partition.lastStableOffset);
      if (version >= 5) writer.int64(partition.logStartOffset);
      writer.int32(0); // aborted transactions
      if (version >= 11) writer.int32(-1); // preferred read replica
      writer.int32(partition.records.reduce((sum, { length }) => sum + length, 0));
      for (const batches of partition.records) writer.raw(batches);
    });
  },
  writeRequest(writer, request, version) {
    writer.int32(NO_REPLICA).int32(request.maxWaitMs).int32(request.minBytes);
    writer.int32(request.maxBytes).int8(0); // isolation level
    if (version >= 7) writer.int32(request.sessionId).int32(request.sessionEpoch);
    writeTopics(writer, request.topics, (wanted) => {
      writer.int32(wanted.partition);
      if (version >= 9) writer.int32(wanted.currentLeaderEpoch);
      writer.int64(wanted.fetchOffset);
      if (version >= 5) writer.int64(-1n); // log start offset of a follower
      writer.int32(wanted.maxBytes);
    });
    if (version >= 7) writer.int32(0); // nothing is forgotten in the session
    if (version >= 11) writer.string(''); // rack
  },
  readResponse(reader, version) {
    reader.int32(); // throttle
    const errorCode = version >= 7 ? reader.int16() : 0;
    if (version >= 7) reader.int32(); // session
    const topics = readTopics(reader, () => {
      const partition = reader.int32();
      const partitionError = reader.int16();
      const highWatermark = reader.int64();
      const lastStableOffset = reader.int64();
      const logStartOffset = version >= 5 ? reader.int64() : -1n;
      reader.nullableArray(() => [reader.int64(), reader.int64()]); // aborted transactions
      if (version >= 11) reader.int32(); // preferred read replica
      return {
        partition,
        errorCode: partitionError,
        highWatermark,
        lastStableOffset,
        logStartOffset,
        records: [reader.bytes()],
      };
    });
    return { errorCode, topics };
  },
};
