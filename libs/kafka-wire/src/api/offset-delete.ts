import { NO_THROTTLE, readTopics, writeTopics, type Api, type ByTopic } from './api.js';

export interface OffsetDeleteRequest {
  readonly groupId: string;
  readonly topics: readonly ByTopic<number>[];
}

export interface OffsetDeleteResponse {
  readonly errorCode: number;
  readonly topics: readonly ByTopic<{ readonly partition: number; readonly errorCode: number }>[];
}

export const offsetDelete: Api<OffsetDeleteRequest, OffsetDeleteResponse> = {
  key: 47,
  name: 'OffsetDelete',
  min: 0,
  max: 0,
  read: (reader) => ({
    groupId: reader.string(),
    topics: readTopics(reader, () => reader.int32()),
  }),
  write(writer, { errorCode, topics }) {
    writer.int16(errorCode).int32(NO_THROTTLE);
    writeTopics(writer, topics, ({ partition, errorCode: error }) =>
      writer.int32(partition).int16(error),
    );
  },
};
