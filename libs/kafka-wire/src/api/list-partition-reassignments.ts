import {
  CHANGE_TIMEOUT_MS,
  NO_THROTTLE,
  readCompactTopics,
  writeCompactTopics,
  type ByTopic,
  type SpokenApi,
} from './api.js';

/** Of which partitions; null: of all. */
export interface ListPartitionReassignmentsRequest {
  readonly topics: readonly ByTopic<number>[] | null;
}

/** Partitions whose replicas are moving, and no others. */
export interface ListPartitionReassignmentsResponse {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly topics: readonly ByTopic<{
    readonly partition: number;
    readonly replicas: readonly number[];
    readonly adding: readonly number[];
    readonly removing: readonly number[];
  }>[];
}

/** Tells which replicas are moving (KIP-455). Flexible from its first version on, as alterPartitionReassignments. */
export const listPartitionReassignments: SpokenApi<
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse
> = {
  key: 46,
  name: 'ListPartitionReassignments',
  min: 0,
  max: 0,
  readRequest(reader) {
    reader.skipTags(); // of the header
    reader.int32(); // timeout: it is done when it is answered
    const topics = reader.nullableCompactArray(() => {
      const name = reader.compactString();
      const partitions = reader.compactArray(() => reader.int32());
      reader.skipTags();
      return { name, partitions };
    });
    // kafkajs 2.2 forgets the tags of a topic: with one topic those of the request stood in for them.
    if (reader.remaining > 0) reader.skipTags();
    return { topics };
  },
  writeResponse(writer, { errorCode, errorMessage, topics }) {
    const nodes = (list: readonly number[]) =>
      writer.compactArray(list, (node) => writer.int32(node));
    writer.noTags(); // of the header
    writer.int32(NO_THROTTLE).int16(errorCode).nullableCompactString(errorMessage);
    writeCompactTopics(writer, topics, (moving) => {
      writer.int32(moving.partition);
      for (const list of [moving.replicas, moving.adding, moving.removing]) nodes(list);
    });
    writer.noTags();
  },
  writeRequest(writer, { topics }) {
    writer.noTags().int32(CHANGE_TIMEOUT_MS);
    if (topics === null) writer.unsignedVarint(0);
    else
      writer.compactArray(topics, ({ name, partitions }) => {
        writer.compactString(name).compactArray(partitions, (number) => writer.int32(number));
        writer.noTags();
      });
    writer.noTags();
  },
  readResponse(reader) {
    const nodes = () => reader.compactArray(() => reader.int32());
    reader.skipTags(); // of the header
    reader.int32(); // throttle
    const [errorCode, errorMessage] = [reader.int16(), reader.nullableCompactString()];
    const topics = readCompactTopics(reader, () => ({
      partition: reader.int32(),
      replicas: nodes(),
      adding: nodes(),
      removing: nodes(),
    }));
    reader.skipTags();
    return { errorCode, errorMessage, topics };
  },
};
