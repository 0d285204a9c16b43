import { NO_THROTTLE, readTopics, writeTopics, type Api, type ByTopic } from './api.js';

export interface CommittedPartition {
  readonly partition: number;
  readonly offset: bigint;
  /** Leader epoch of the last record consumed; -1 for none. */
  readonly leaderEpoch: number;
  readonly metadata: string | null;
}

export interface OffsetCommitRequest {
  readonly groupId: string;
  /** -1 from a consumer that is no member of the group. */
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly topics: readonly ByTopic<CommittedPartition>[];
}

export interface OffsetCommitResponse {
  readonly topics: readonly ByTopic<{ readonly partition: number; readonly errorCode: number }>[];
}

export const offsetCommit: Api<OffsetCommitRequest, OffsetCommitResponse> = {
  key: 8,
  name: 'OffsetCommit',
  min: 2,
  max: 7,
  read(reader, version) {
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
  write(writer, { topics }, version) {
    if (version >= 3) writer.int32(NO_THROTTLE);
    writeTopics(writer, topics, ({ partition, errorCode }) =>
      writer.int32(partition).int16(errorCode),
    );
  },
};
