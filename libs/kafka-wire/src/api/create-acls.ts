import {
  readAclEntry,
  readAclResource,
  writeAclEntry,
  writeAclResource,
  type AclEntry,
  type AclResource,
} from './acls.js';
import { NO_THROTTLE, type SpokenApi } from './api.js';

/** Rules that there should be. */
export interface CreateAclsRequest {
  readonly creations: readonly (AclResource & AclEntry)[];
}

/** What became of each, in the order of the request. */
export interface CreateAclsResponse {
  readonly results: readonly {
    readonly errorCode: number;
    readonly errorMessage: string | null;
  }[];
}

/** Gives rights. */
export const createAcls: SpokenApi<CreateAclsRequest, CreateAclsResponse> = {
  key: 30,
  name: 'CreateAcls',
  min: 0,
  max: 1,
  readRequest: (reader, version) => ({
    creations: reader.array(() => ({
      ...readAclResource(reader, version),
      ...readAclEntry(reader),
    })),
  }),
  writeResponse(writer, { results }) {
    writer.int32(NO_THROTTLE).array(results, ({ errorCode, errorMessage }) => {
      writer.int16(errorCode).nullableString(errorMessage);
    });
  },
  writeRequest(writer, { creations }, version) {
    writer.array(creations, (creation) => {
      writeAclResource(writer, creation, version);
      writeAclEntry(writer, creation);
    });
  },
  readResponse(reader) {
    reader.int32(); // throttle
    return {
      results: reader.array(() => ({
        errorCode: reader.int16(),
        errorMessage: reader.nullableString(),
      })),
    };
  },
};
