import {
  readAclEntry,
  readAclFilter,
  readAclResource,
  writeAclEntry,
  writeAclFilter,
  writeAclResource,
  type AclEntry,
  type AclFilter,
  type AclResource,
} from './acls.js';
import { NO_THROTTLE, type SpokenApi } from './api.js';

/** Which rules there should be no more. */
export interface DeleteAclsRequest {
  readonly filters: readonly AclFilter[];
}

interface Outcome {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

/** What became of the rules that each filter matches, in the order of the request. */
export interface DeleteAclsResponse {
  readonly results: readonly (Outcome & {
    readonly matching: readonly (Outcome & AclResource & AclEntry)[];
  })[];
}

/** Takes rights. */
export const deleteAcls: SpokenApi<DeleteAclsRequest, DeleteAclsResponse> = {
  key: 31,
  name: 'DeleteAcls',
  min: 0,
  max: 1,
  readRequest: (reader, version) => ({
    filters: reader.array(() => readAclFilter(reader, version)),
  }),
  writeResponse(writer, { results }, version) {
    writer.int32(NO_THROTTLE).array(results, ({ errorCode, errorMessage, matching }) => {
      writer.int16(errorCode).nullableString(errorMessage);
      writer.array(matching, (acl) => {
        writer.int16(acl.errorCode).nullableString(acl.errorMessage);
        writeAclResource(writer, acl, version);
        writeAclEntry(writer, acl);
      });
    });
  },
  writeRequest(writer, { filters }, version) {
    writer.array(filters, (filter) => writeAclFilter(writer, filter, version));
  },
  readResponse(reader, version) {
    reader.int32(); // throttle
    const outcome = () => ({
      errorCode: reader.int16(),
      errorMessage: reader.nullableString(),
    });
    return {
      results: reader.array(() => ({
        ...outcome(),
        matching: reader.array(() => ({
          ...outcome(),
          ...readAclResource(reader, version),
          ...readAclEntry(reader),
        })),
      })),
    };
  },
};
