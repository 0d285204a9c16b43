import { NO_THROTTLE, readTopics, writeTopics, type Api, type ByTopic } from './api.js';

/** Of which partitions the committed offsets are wanted. */
export interface OffsetFetchRequest {
  readonly groupId: string;
  /** null: all that the group has committed. */
  readonly topics: readonly ByTopic<number>[] | null;
}

/** In the order of the request; `errorCode` is told from version 2 on. */
export interface OffsetFetchResponse {
  readonly errorCode: number;
  readonly topics: readonly ByTopic<{
    readonly partition: number;
    /** -1 where nothing was committed. */
    readonly offset: bigint;
    readonly leaderEpoch: number;
    readonly metadata: string | null;
    readonly errorCode: number;
  }>[];
}

/** Tells how far a group has come. */
export const offsetFetch: Api<OffsetFetchRequest, OffsetFetchResponse> = {
  key: 9,
  name: 'OffsetFetch',
  min: 1,
  max: 5,
  readRequest(reader, version) {
    const groupId = reader.string();
    const topics =
      version >= 2
        ? reader.nullableArray(() => ({
            name: reader.string(),
            partitions: reader.array(() => reader.int32()),
          }))
        : readTopics(reader, () => reader.int32());
    return { groupId, topics };
  },
  writeResponse(writer, { errorCode, topics }, version) {
    if (version >= 3) writer.int32(NO_THROTTLE);
    writeTopics(writer, topics, (partition) => {
      writer.int32(partition.partition).int64(partition.offset);
      if (version >= 5) writer.int32(partition.leaderEpoch);
      writer.nullableString(partition.metadata).int16(partition.errorCode);
    });
    if (version >= 2) writer.int16(errorCode);
  },
};
