import {
  CHANGE_TIMEOUT_MS,
  NO_THROTTLE,
  readCompactTopics,
  writeCompactTopics,
  type ByTopic,
  type SpokenApi,
} from './api.js';

/** Where the replicas of partitions shall be. */
export interface AlterPartitionReassignmentsRequest {
  readonly topics: readonly ByTopic<{
    readonly partition: number;
    /** null: a change that is under way is given up. */
    readonly replicas: readonly number[] | null;
  }>[];
}

/** What became of each partition. */
export interface AlterPartitionReassignmentsResponse {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly topics: readonly ByTopic<{
    readonly partition: number;
    readonly errorCode: number;
    readonly errorMessage: string | null;
  }>[];
}

/**
 * Moves replicas to other nodes (KIP-455). It is flexible from its first version on: the tagged fields
 * that end a header of such a version border on the body, and are read and written with it.
 */
export const alterPartitionReassignments: SpokenApi<
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse
> = {
  key: 45,
  name: 'AlterPartitionReassignments',
  min: 0,
  max: 0,
  readRequest(reader) {
    reader.skipTags(); // of the header
    reader.int32(); // timeout: it is done when it is answered
    const topics = readCompactTopics(reader, () => ({
      partition: reader.int32(),
      replicas: reader.nullableCompactArray(() => reader.int32()),
    }));
    reader.skipTags();
    return { topics };
  },
  writeResponse(writer, { errorCode, errorMessage, topics }) {
    writer.noTags(); // of the header
    writer.int32(NO_THROTTLE).int16(errorCode).nullableCompactString(errorMessage);
    writeCompactTopics(writer, topics, (told) =>
      writer.int32(told.partition).int16(told.errorCode).nullableCompactString(told.errorMessage),
    );
    writer.noTags();
  },
  writeRequest(writer, { topics }) {
    writer.noTags().int32(CHANGE_TIMEOUT_MS);
    writeCompactTopics(writer, topics, ({ partition, replicas }) => {
      writer.int32(partition);
      if (replicas === null) writer.unsignedVarint(0);
      else writer.compactArray(replicas, (node) => writer.int32(node));
    });
    writer.noTags();
  },
  readResponse(reader) {
    reader.skipTags(); // of the header
    reader.int32(); // throttle
    const [errorCode, errorMessage] = [reader.int16(), reader.nullableCompactString()];
    const topics = readCompactTopics(reader, () => ({
      partition: reader.int32(),
      errorCode: reader.int16(),
      errorMessage: reader.nullableCompactString(),
    }));
    reader.skipTags();
    return { errorCode, errorMessage, topics };
  },
};
