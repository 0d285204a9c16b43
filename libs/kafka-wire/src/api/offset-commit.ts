import { NO_THROTTLE, readTopics, writeTopics, type SpokenApi, type ByTopic } from './api.js';

/** How far a group has come in a partition, with a text of its own beside it. */
export interface CommittedPartition {
  readonly partition: number;
  readonly offset: bigint;
  /** Leader epoch of the last record consumed; -1 for none. */
  readonly leaderEpoch: number;
  readonly metadata: string | null;
}

/** What a member, or somebody outside of an empty group, has consumed. */
export interface OffsetCommitRequest {
  readonly groupId: string;
  /** -1 from a consumer that is no member of the group. */
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly topics: readonly ByTopic<CommittedPartition>[];
}

/** What became of each partition, in the order of the request. */
export interface OffsetCommitResponse {
  readonly topics: readonly ByTopic<{ readonly partition: number; readonly errorCode: number }>[];
}

/** Writes down how far a group has come. */
export const offsetCommit: SpokenApi<OffsetCommitRequest, OffsetCommitResponse> = {
  key: 8,
  name: 'OffsetCommit',
  min: 2,
  max: 7,
  readRequest(reader, version) {
    const groupId = reader.string();
    const generationId = reader.int32();
    const memberId = reader.string();
    const groupInstanceId = version >= 7 ? reader.nullableString() : null;
    if (version <= 4) reader.int64(); // retention: offsets are kept
    const topics = readTopics(reader, () => ({
      partition: reader.int32(),
      offset: reader.int64(),
      leaderEpoch: version >= 6 ? reader.int32() : -1,
      metadata: reader.nullableString(),
    }));
    return { groupId, generationId, memberId, groupInstanceId, topics };
  },
  writeResponse(writer, { topics }, version) {
    if (version >= 3) writer.int32(NO_THROTTLE);
    writeTopics(writer, topics, ({ partition, errorCode }) =>
      writer.int32(partition).int16(errorCode),
    );
  },
  writeRequest(writer, request, version) {
    writer.string(request.groupId).int32(request.generationId).string(request.memberId);
    if (version >= 7) writer.nullableString(request.groupInstanceId);
    if (version <= 4) writer.int64(-1n); // retention: as the server thinks right
    writeTopics(writer, request.topics, ({ partition, offset, leaderEpoch, metadata }) => {
      writer.int32(partition).int64(offset);
      if (version >= 6) writer.int32(leaderEpoch);
      writer.nullableString(metadata);
    });
  },
  readResponse(reader, version) {
    if (version >= 3) reader.int32(); // throttle
    return {
      topics: readTopics(reader, () => ({
        partition: reader.int32(),
        errorCode: reader.int16(),
      })),
    };
  },
};
