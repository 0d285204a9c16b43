import { NO_THROTTLE, readTopics, writeTopics, type SpokenApi, type ByTopic } from './api.js';

/** Of which partitions a group forgets its offsets. */
export interface OffsetDeleteRequest {
  readonly groupId: string;
  readonly topics: readonly ByTopic<number>[];
}

/** `errorCode`: of the group as a whole; then there are no topics. */
export interface OffsetDeleteResponse {
  readonly errorCode: number;
  readonly topics: readonly ByTopic<{ readonly partition: number; readonly errorCode: number }>[];
}

/** Deletes committed offsets of topics that the group does not read. */
export const offsetDelete: SpokenApi<OffsetDeleteRequest, OffsetDeleteResponse> = {
  key: 47,
  name: 'OffsetDelete',
  min: 0,
  max: 0,
  readRequest: (reader) => ({
    groupId: reader.string(),
    topics: readTopics(reader, () => reader.int32()),
  }),
  writeResponse(writer, { errorCode, topics }) {
    writer.int16(errorCode).int32(NO_THROTTLE);
    writeTopics(writer, topics, ({ partition, errorCode: error }) =>
      writer.int32(partition).int16(error),
    );
  },
  writeRequest(writer, { groupId, topics }) {
    writer.string(groupId);
    writeTopics(writer, topics, (partition) => writer.int32(partition));
  },
  readResponse(reader) {
    const errorCode = reader.int16();
    reader.int32(); // throttle
    return {
      errorCode,
      topics: readTopics(reader, () => ({ partition: reader.int32(), errorCode: reader.int16() })),
    };
  },
};
