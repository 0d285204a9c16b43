import { NO_THROTTLE, type Api } from './api.js';

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

export interface CreateTopicsRequest {
  readonly topics: readonly NewTopic[];
  readonly validateOnly: boolean;
}

export interface CreateTopicsResponse {
  readonly topics: readonly {
    readonly name: string;
    readonly errorCode: number;
    readonly errorMessage: string | null;
  }[];
}

export const createTopics: Api<CreateTopicsRequest, CreateTopicsResponse> = {
  key: 19,
  name: 'CreateTopics',
  min: 0,
  max: 4,
  read(reader, version) {
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
  write(writer, { topics }, version) {
    if (version >= 2) writer.int32(NO_THROTTLE);
    writer.array(topics, ({ name, errorCode, errorMessage }) => {
      writer.string(name).int16(errorCode);
      if (version >= 1) writer.nullableString(errorMessage);
    });
  },
};
