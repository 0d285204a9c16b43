import { CHANGE_TIMEOUT_MS, NO_THROTTLE, type SpokenApi } from './api.js';

/** How a topic shall grow. */
export interface MorePartitions {
  readonly name: string;
  /** How many there shall be in all. */
  readonly count: number;
  /** Replicas of each new partition; null: the server chooses. */
  readonly assignments: readonly (readonly number[])[] | null;
}

/** `validateOnly`: it is said what would become of it, and nothing is done. */
export interface CreatePartitionsRequest {
  readonly topics: readonly MorePartitions[];
  readonly validateOnly: boolean;
}

/** What became of each topic, in the order of the request. */
export interface CreatePartitionsResponse {
  readonly topics: readonly {
    readonly name: string;
    readonly errorCode: number;
    readonly errorMessage: string | null;
  }[];
}

/** Adds partitions to topics; those there are keep their records. */
export const createPartitions: SpokenApi<CreatePartitionsRequest, CreatePartitionsResponse> = {
  key: 37,
  name: 'CreatePartitions',
  min: 0,
  max: 1,
  readRequest(reader) {
    const topics = reader.array(() => ({
      name: reader.string(),
      count: reader.int32(),
      assignments: reader.nullableArray(() => reader.array(() => reader.int32())),
    }));
    reader.int32(); // timeout: it is done when it is answered
    return { topics, validateOnly: reader.boolean() };
  },
  writeResponse(writer, { topics }) {
    writer.int32(NO_THROTTLE).array(topics, ({ name, errorCode, errorMessage }) => {
      writer.string(name).int16(errorCode).nullableString(errorMessage);
    });
  },
  writeRequest(writer, { topics, validateOnly }) {
    writer.array(topics, ({ name, count, assignments }) => {
      writer.string(name).int32(count);
      if (assignments === null) writer.int32(-1);
      else writer.array(assignments, (nodes) => writer.array(nodes, (node) => writer.int32(node)));
    });
    writer.int32(CHANGE_TIMEOUT_MS).boolean(validateOnly);
  },
  readResponse(reader) {
    reader.int32(); // throttle
    return {
      topics: reader.array(() => ({
        name: reader.string(),
        errorCode: reader.int16(),
        errorMessage: reader.nullableString(),
      })),
    };
  },
};
