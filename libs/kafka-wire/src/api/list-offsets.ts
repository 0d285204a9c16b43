import {
  NO_REPLICA,
  NO_THROTTLE,
  readCompactTopics,
  readTopics,
  writeCompactTopics,
  writeTopics,
  type ByTopic,
  type SpokenApi,
} from './api.js';

/** Instead of a timestamp. */
export const LATEST = -1n;
/** Instead of a timestamp: the first record that there is. */
export const EARLIEST = -2n;
/** Instead of a timestamp: the record with the latest time (KIP-734). Clients ask for it from version 7 on. */
export const LATEST_TIME = -3n;

interface AskedOffset {
  readonly partition: number;
  readonly currentLeaderEpoch: number;
  /** ms since 1970, LATEST, EARLIEST or LATEST_TIME. */
  readonly timestamp: bigint;
}

/** By partition, the time of which the offset is wanted. */
export interface ListOffsetsRequest {
  readonly topics: readonly ByTopic<AskedOffset>[];
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

/** Versions from this one on are flexible; what stands at the end of their headers is read with the body. */
const FLEXIBLE = 6;

/** Finds offsets by time, and at both ends of a partition. */
export const listOffsets: SpokenApi<ListOffsetsRequest, ListOffsetsResponse> = {
  key: 2,
  name: 'ListOffsets',
  min: 1,
  max: 7,
  readRequest(reader, version) {
    if (version >= FLEXIBLE) reader.skipTags(); // of the header
    reader.int32(); // replica id
    if (version >= 2) reader.int8(); // isolation level
    const partition = () => ({
      partition: reader.int32(),
      currentLeaderEpoch: version >= 4 ? reader.int32() : -1,
      timestamp: reader.int64(),
    });
    if (version < FLEXIBLE) return { topics: readTopics(reader, partition) };
    const topics = readCompactTopics(reader, partition);
    reader.skipTags();
    return { topics };
  },
  writeResponse(writer, { topics }, version) {
    if (version >= FLEXIBLE) writer.noTags(); // of the header
    if (version >= 2) writer.int32(NO_THROTTLE);
    const listed = ({ partition, errorCode, timestamp, offset, leaderEpoch }: ListedOffset) => {
      writer.int32(partition).int16(errorCode).int64(timestamp).int64(offset);
      if (version >= 4) writer.int32(leaderEpoch);
    };
    if (version < FLEXIBLE) writeTopics(writer, topics, listed);
    else {
      writeCompactTopics(writer, topics, listed);
      writer.noTags();
    }
  },
  writeRequest(writer, { topics }, version) {
    if (version >= FLEXIBLE) writer.noTags();
    writer.int32(NO_REPLICA);
    if (version >= 2) writer.int8(0); // records of transactions that are not over, too
    const asked = ({ partition, currentLeaderEpoch, timestamp }: AskedOffset) => {
      writer.int32(partition);
      if (version >= 4) writer.int32(currentLeaderEpoch);
      writer.int64(timestamp);
    };
    if (version < FLEXIBLE) writeTopics(writer, topics, asked);
    else {
      writeCompactTopics(writer, topics, asked);
      writer.noTags();
    }
  },
  readResponse(reader, version) {
    if (version >= FLEXIBLE) reader.skipTags(); // of the header
    if (version >= 2) reader.int32(); // throttle
    const listed = () => ({
      partition: reader.int32(),
      errorCode: reader.int16(),
      timestamp: reader.int64(),
      offset: reader.int64(),
      leaderEpoch: version >= 4 ? reader.int32() : -1,
    });
    if (version < FLEXIBLE) return { topics: readTopics(reader, listed) };
    const topics = readCompactTopics(reader, listed);
    reader.skipTags();
    return { topics };
  },
};
