import {
  CHANGE_TIMEOUT_MS,
  NO_THROTTLE,
  readTopics,
  writeTopics,
  type ByTopic,
  type SpokenApi,
} from './api.js';

/** Which replica shall lead: the one named first, or any when none is in sync. */
export const ELECTION = { preferred: 0, unclean: 1 } as const;

/** Of which partitions leaders are to be elected; null: of all. */
export interface ElectLeadersRequest {
  /** See ELECTION; always the preferred one before version 1. */
  readonly election: number;
  readonly topics: readonly ByTopic<number>[] | null;
}

/** What became of each partition. */
export interface ElectLeadersResponse {
  /** Of the whole request, from version 1 on. */
  readonly errorCode: number;
  readonly topics: readonly ByTopic<{
    readonly partition: number;
    readonly errorCode: number;
    readonly errorMessage: string | null;
  }>[];
}

/** Has the replica lead that should (KIP-183, KIP-460). */
export const electLeaders: SpokenApi<ElectLeadersRequest, ElectLeadersResponse> = {
  key: 43,
  name: 'ElectLeaders',
  min: 0,
  max: 1,
  readRequest(reader, version) {
    const election = version >= 1 ? reader.int8() : ELECTION.preferred;
    const topics = reader.nullableArray(() => ({
      name: reader.string(),
      partitions: reader.array(() => reader.int32()),
    }));
    reader.int32(); // timeout: it is done when it is answered
    return { election, topics };
  },
  writeResponse(writer, { errorCode, topics }, version) {
    writer.int32(NO_THROTTLE);
    if (version >= 1) writer.int16(errorCode);
    writeTopics(writer, topics, (told) =>
      writer.int32(told.partition).int16(told.errorCode).nullableString(told.errorMessage),
    );
  },
  writeRequest(writer, { election, topics }, version) {
    if (version >= 1) writer.int8(election);
    if (topics === null) writer.int32(-1);
    else writeTopics(writer, topics, (partition) => writer.int32(partition));
    writer.int32(CHANGE_TIMEOUT_MS);
  },
  readResponse(reader, version) {
    reader.int32(); // throttle
    return {
      errorCode: version >= 1 ? reader.int16() : 0,
      topics: readTopics(reader, () => ({
        partition: reader.int32(),
        errorCode: reader.int16(),
        errorMessage: reader.nullableString(),
      })),
    };
  },
};
