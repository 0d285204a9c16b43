import {
  fromJSON,
  type AnyDefinition,
  type MethodDefinition,
  type PackageDefinition,
  type ServiceDefinition,
} from '@grpc/proto-loader';
import { DESCRIPTORS } from '../generated/descriptors.js';

let loaded: PackageDefinition | undefined;

/**
 * All gRPC services of Tally, for a grpc-js server or client. 64-bit integers are decimal strings,
 * absent fields have their defaults, field names are camelCase: as the generated types say. An answer that
 * is a Buffer is sent as it is: who answers has written it in steps.
 */
export function packageDefinition(): PackageDefinition {
  loaded ??= load();
  return loaded;
}

function load(): PackageDefinition {
  const definition = fromJSON(DESCRIPTORS, {
    longs: String,
    enums: String,
    defaults: true,
    arrays: true,
    oneofs: true,
  });
  for (const service of Object.values(definition))
    if (isService(service)) for (const method of Object.values(service)) sendBytesAsTheyAre(method);
  return definition;
}

function isService(definition: AnyDefinition): definition is ServiceDefinition {
  return !('format' in definition);
}

function sendBytesAsTheyAre(method: MethodDefinition<object, object>): void {
  const { responseSerialize } = method;
  method.responseSerialize = (answer) =>
    Buffer.isBuffer(answer) ? answer : responseSerialize(answer);
}
