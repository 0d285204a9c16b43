import { NO_THROTTLE, type Api } from './api.js';

/** Names of topics. */
export interface DeleteTopicsRequest {
  readonly topics: readonly string[];
}

/** What became of each topic, in the order of the request. */
export interface DeleteTopicsResponse {
  readonly topics: readonly { readonly name: string; readonly errorCode: number }[];
}

/** Deletes topics with their records. */
export const deleteTopics: Api<DeleteTopicsRequest, DeleteTopicsResponse> = {
  key: 20,
  name: 'DeleteTopics',
  min: 0,
  max: 3,
  readRequest(reader) {
    const topics = reader.array(() => reader.string());
    reader.int32(); // timeout
    return { topics };
  },
  writeResponse(writer, { topics }, version) {
    if (version >= 1) writer.int32(NO_THROTTLE);
    writer.array(topics, ({ name, errorCode }) => writer.string(name).int16(errorCode));
  },
};
