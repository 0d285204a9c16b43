import {
  NO_REPLICA,
  NO_THROTTLE,
  readTopics,
  writeTopics,
  type SpokenApi,
  type ByTopic,
} from './api.js';

/** By partition, the epoch whose end is asked for. */
export interface OffsetForLeaderEpochRequest {
  readonly topics: readonly ByTopic<{
    readonly partition: number;
    /** The leader epoch that the client knows; -1 for none. */
    readonly currentLeaderEpoch: number;
    /** The epoch whose end is asked for. */
    readonly leaderEpoch: number;
  }>[];
}

/** Where an epoch of a partition ended. */
export interface EpochEnd {
  readonly partition: number;
  readonly errorCode: number;
  /** The highest epoch up to the one asked for; -1 where there is none, or the one asked for is newer than all. */
  readonly leaderEpoch: number;
  /** The offset behind its last record; -1 where there is none. */
  readonly endOffset: bigint;
}

/** In the order of the request. */
export interface OffsetForLeaderEpochResponse {
  readonly topics: readonly ByTopic<EpochEnd>[];
}

/** Tells where a leader epoch ended, so that a client sees when records were lost. */
export const offsetForLeaderEpoch: SpokenApi<
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse
> = {
  key: 23,
  name: 'OffsetForLeaderEpoch',
  min: 2,
  max: 3,
  readRequest(reader, version) {
    if (version >= 3) reader.int32(); // replica id
    return {
      topics: readTopics(reader, () => ({
        partition: reader.int32(),
        currentLeaderEpoch: reader.int32(),
        leaderEpoch: reader.int32(),
      })),
    };
  },
  writeResponse(writer, { topics }) {
    writer.int32(NO_THROTTLE);
    writeTopics(writer, topics, ({ partition, errorCode, leaderEpoch, endOffset }) =>
      writer.int16(errorCode).int32(partition).int32(leaderEpoch).int64(endOffset),
    );
  },
  writeRequest(writer, { topics }, version) {
    if (version >= 3) writer.int32(NO_REPLICA);
    writeTopics(writer, topics, ({ partition, currentLeaderEpoch, leaderEpoch }) =>
      writer.int32(partition).int32(currentLeaderEpoch).int32(leaderEpoch),
    );
  },
  readResponse(reader) {
    reader.int32(); // throttle
    return {
      topics: readTopics(reader, () => ({
        errorCode: reader.int16(),
        partition: reader.int32(),
        leaderEpoch: reader.int32(),
        endOffset: reader.int64(),
      })),
    };
  },
};
