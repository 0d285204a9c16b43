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

/** The rules that match, by resource. */
export interface DescribeAclsResponse {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly resources: readonly (AclResource & { readonly acls: readonly AclEntry[] })[];
}

/** Tells which rights there are. */
export const describeAcls: SpokenApi<AclFilter, DescribeAclsResponse> = {
  key: 29,
  name: 'DescribeAcls',
  min: 0,
  max: 1,
  readRequest: readAclFilter,
  writeResponse(writer, { errorCode, errorMessage, resources }, version) {
    writer.int32(NO_THROTTLE).int16(errorCode).nullableString(errorMessage);
    writer.array(resources, (resource) => {
      writeAclResource(writer, resource, version);
      writer.array(resource.acls, (acl) => writeAclEntry(writer, acl));
    });
  },
  writeRequest: writeAclFilter,
  readResponse(reader, version) {
    reader.int32(); // throttle
    return {
      errorCode: reader.int16(),
      errorMessage: reader.nullableString(),
      resources: reader.array(() => ({
        ...readAclResource(reader, version),
        acls: reader.array(() => readAclEntry(reader)),
      })),
    };
  },
};
