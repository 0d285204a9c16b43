import { NO_THROTTLE, readTopics, writeTopics, type Api, type ByTopic } from './api.js';

/** Instead of an offset: all that is below the high watermark. */
export const UP_TO_HIGH_WATERMARK = -1n;

/** By partition, the offset before which all records go, or UP_TO_HIGH_WATERMARK. */
export interface DeleteRecordsRequest {
  readonly topics: readonly ByTopic<{ readonly partition: number; readonly before: bigint }>[];
}

/** What became of each partition, in the order of the request. */
export interface DeleteRecordsResponse {
  readonly topics: readonly ByTopic<{
    readonly partition: number;
    /** The log start offset afterwards. */
    readonly lowWatermark: bigint;
    readonly errorCode: number;
  }>[];
}

/** Deletes the oldest records of partitions. */
export const deleteRecords: Api<DeleteRecordsRequest, DeleteRecordsResponse> = {
  key: 21,
  name: 'DeleteRecords',
  min: 0,
  max: 1,
  readRequest(reader) {
    const topics = readTopics(reader, () => ({
      partition: reader.int32(),
      before: reader.int64(),
    }));
    reader.int32(); // timeout
    return { topics };
  },
  writeResponse(writer, { topics }) {
    writer.int32(NO_THROTTLE);
    writeTopics(writer, topics, ({ partition, lowWatermark, errorCode }) =>
      writer.int32(partition).int64(lowWatermark).int16(errorCode),
    );
  },
};
