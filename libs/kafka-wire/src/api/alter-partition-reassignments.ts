import { CHANGE_TIMEOUT_MS, NO_THROTTLE, type ByTopic, type SpokenApi } from './api.js';

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
    const topics = reader.compactArray(() => {
      const name = reader.compactString();
      const partitions = reader.compactArray(() => {
        const partition = reader.int32();
        const replicas = reader.nullableCompactArray(() => reader.int32());
        reader.skipTags();
        return { partition, replicas };
      });
      reader.skipTags();
      return { name, partitions };
    });
    reader.skipTags();
    return { topics };
  },
  writeResponse(writer, { errorCode, errorMessage, topics }) {
    writer.noTags(); // of the header
    writer.int32(NO_THROTTLE).int16(errorCode).nullableCompactString(errorMessage);
    writer.compactArray(topics, ({ name, partitions }) => {
      writer.compactString(name).compactArray(partitions, (told) => {
        writer.int32(told.partition).int16(told.errorCode);
        writer.nullableCompactString(told.errorMessage).noTags();
      });
      writer.noTags();
    });
    writer.noTags();
  },
  writeRequest(writer, { topics }) {
    writer.noTags().int32(CHANGE_TIMEOUT_MS);
    writer.compactArray(topics, ({ name, partitions }) => {
      writer.compactString(name).compactArray(partitions, ({ partition, replicas }) => {
        writer.int32(partition);
        if (replicas === null) writer.unsignedVarint(0);
        else writer.compactArray(replicas, (node) => writer.int32(node));
        writer.noTags();
      });
      writer.noTags();
    });
    writer.noTags();
  },
  readResponse(reader) {
    reader.skipTags(); // of the header
    reader.int32(); // throttle
    const [errorCode, errorMessage] = [reader.int16(), reader.nullableCompactString()];
    const topics = reader.compactArray(() => {
      const name = reader.compactString();
      const partitions = reader.compactArray(() => {
        const told = {
          partition: reader.int32(),
          errorCode: reader.int16(),
          errorMessage: reader.nullableCompactString(),
        };
        reader.skipTags();
        return told;
      });
      reader.skipTags();
      return { name, partitions };
    });
    reader.skipTags();
    return { errorCode, errorMessage, topics };
  },
};
