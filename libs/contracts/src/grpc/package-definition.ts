import { fromJSON, type PackageDefinition } from '@grpc/proto-loader';
import { DESCRIPTORS } from '../generated/descriptors.js';

let loaded: PackageDefinition | undefined;

/**
 * All gRPC services of Tally, for a grpc-js server or client. 64-bit integers are decimal strings,
 * absent fields have their defaults, field names are camelCase: as the generated types say.
 */
export function packageDefinition(): PackageDefinition {
  loaded ??= fromJSON(DESCRIPTORS, {
    longs: String,
    enums: String,
    defaults: true,
    arrays: true,
    oneofs: true,
  });
  return loaded;
}
