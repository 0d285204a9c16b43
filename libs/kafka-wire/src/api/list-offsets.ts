import {
  NO_REPLICA,
  NO_THROTTLE,
  readTopics,
  writeTopics,
  type ByTopic,
  type SpokenApi,
} from './api.js';

/** Instead of a timestamp. */
export const LATEST = -1n;
/** Instead of a timestamp: the first record that there is. */
export const EARLIEST = -2n;
/** Instead of a timestamp: the record with the latest time (KIP-734). Kafka takes it from version 7 on. */
export const LATEST_TIME = -3n;

/** By partition, the time of which the offset is wanted. */
export interface ListOffsetsRequest {
  readonly topics: readonly ByTopic<{
    readonly partition: number;
    readonly currentLeaderEpoch: number;
    /** ms since 1970, LATEST, EARLIEST or LATEST_TIME. */
    readonly timestamp: bigint;
  }>[];
}

/** The first record at or after that time. */
export interface ListedOffset {
  readonly partition: number;
  readonly errorCode: number;
  /** -1 where none was asked for, or there is no such record. */
  readonly timestamp: bigint;
  readonly offset: bigint;
  readonly leaderEpoch: number;
}

/** In the order of the request. */
export interface ListOffsetsResponse {
  readonly topics: readonly ByTopic<ListedOffset>[];
}

/** Finds offsets by time, and at both ends of a partition. */
export const listOffsets: SpokenApi<ListOffsetsRequest, ListOffsetsResponse> = {
  key: 2,
  name: 'ListOffsets',
  min: 1,
  max: 5,
  readRequest(reader, version) {
    reader.int32(); // replica id
    if (version >= 2) reader.int8(); // isolation level
    return {
      topics: readTopics(reader, () => ({
        partition: reader.int32(),
        currentLeaderEpoch: version >= 4 ? reader.int32() : -1,
        timestamp: reader.int64(),
      })),
    };
  },
  writeResponse(writer, { topics }, version) {
    if (version >= 2) writer.int32(NO_THROTTLE);
    writeTopics(writer, topics, ({ partition, errorCode, timestamp, offset, leaderEpoch }) => {
      writer.int32(partition).int16(errorCode).int64(timestamp).int64(offset);
      if (version >= 4) writer.int32(leaderEpoch);
    });
  },
  writeRequest(writer, { topics }, version) {
    writer.int32(NO_REPLICA);
    if (version >= 2) writer.int8(0); // records of transactions that are not over, too
    writeTopics(writer, topics, ({ partition, currentLeaderEpoch, timestamp }) => {
      writer.int32(partition);
      if (version >= 4) writer.int32(currentLeaderEpoch);
      writer.int64(timestamp);
    });
  },
  readResponse(reader, version) {
    if (version >= 2) reader.int32(); // throttle
    return {
      topics: readTopics(reader, () => ({
        partition: reader.int32(),
        errorCode: reader.int16(),
        timestamp: reader.int64(),
        offset: reader.int64(),
        leaderEpoch: version >= 4 ? reader.int32() : -1,
      })),
    };
  },
};
