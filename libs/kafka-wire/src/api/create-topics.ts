import { CHANGE_TIMEOUT_MS, NO_THROTTLE, type SpokenApi } from './api.js';

/** A topic as a client wants it. */
export interface NewTopic {
  readonly name: string;
  /** -1: the default. */
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Replicas by partition, instead of the two numbers; mostly empty. */
  readonly assignments: readonly {
    readonly partition: number;
    readonly brokers: readonly number[];
  }[];
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
}

/** `validateOnly`, from version 1 on: it is said what would become of it, and nothing is done. */
export interface CreateTopicsRequest {
  readonly topics: readonly NewTopic[];
  readonly validateOnly: boolean;
}

/** What became of each topic, in the order of the request; with a message from version 1 on. */
export interface CreateTopicsResponse {
  readonly topics: readonly {
    readonly name: string;
    readonly errorCode: number;
    readonly errorMessage: string | null;
  }[];
}

/** Makes topics. */
export const createTopics: SpokenApi<CreateTopicsRequest, CreateTopicsResponse> = {
  key: 19,
  name: 'CreateTopics',
  min: 0,
  max: 4,
  readRequest(reader, version) {
    const topics = reader.array(() => ({
      name: reader.string(),
      partitions: reader.int32(),
      replicationFactor: reader.int16(),
      assignments: reader.array(() => ({
        partition: reader.int32(),
        brokers: reader.array(() => reader.int32()),
      })),
      configs: reader.array(() => ({ name: reader.string(), value: reader.nullableString() })),
    }));
    reader.int32(); // timeout: it is done when it is answered
    return { topics, validateOnly: version >= 1 && reader.boolean() };
  },
  writeResponse(writer, { topics }, version) {
    if (version >= 2) writer.int32(NO_THROTTLE);
    writer.array(topics, ({ name, errorCode, errorMessage }) => {
      writer.string(name).int16(errorCode);
      if (version >= 1) writer.nullableString(errorMessage);
    });
  },
  writeRequest(writer, { topics, validateOnly }, version) {
    writer.array(topics, ({ name, partitions, replicationFactor, assignments, configs }) => {
      writer.string(name).int32(partitions).int16(replicationFactor);
      writer.array(assignments, ({ partition, brokers }) =>
        writer.int32(partition).array(brokers, (id) => writer.int32(id)),
      );
      writer.array(configs, (config) => writer.string(config.name).nullableString(config.value));
    });
    writer.int32(CHANGE_TIMEOUT_MS);
    if (version >= 1) writer.boolean(validateOnly);
  },
  readResponse(reader, version) {
    if (version >= 2) reader.int32(); // throttle
    return {
      topics: reader.array(() => ({
        name: reader.string(),
        errorCode: reader.int16(),
        errorMessage: version >= 1 ? reader.nullableString() : null,
      })),
    };
  },
};
