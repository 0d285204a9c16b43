import type { PackageDefinition } from '@grpc/proto-loader';
import protobuf, { type Method, type ReflectionObject, type Type } from 'protobufjs';
import { DESCRIPTORS } from '../generated/descriptors.js';

/** As the generated types say. */
const AS_GENERATED = { longs: String, enums: String, defaults: true, arrays: true, oneofs: true };

let loaded: PackageDefinition | undefined;

/**
 * All gRPC services of Tally, for a grpc-js server or client. 64-bit integers are decimal strings,
 * absent fields have their defaults, field names are camelCase: as the generated types say. An answer that
 * is a Buffer is sent as it is: who answers has written it in steps.
 *
 * What @grpc/proto-loader would make of them (0.8.1, createPackageDefinition), without the descriptors of
 * all messages: those are for reflection, and took a twentieth of the CPU of a start and 2 MB.
 */
export function packageDefinition(): PackageDefinition {
  const root = () => protobuf.Root.fromJSON(DESCRIPTORS).resolveAll();
  return (loaded ??= Object.fromEntries(servicesBelow(root())) as PackageDefinition);
}

function servicesBelow(object: ReflectionObject): [string, object][] {
  if (object instanceof protobuf.Service) {
    const name = object.fullName.slice(1);
    const methods = object.methodsArray.map((method) => [method.name, definitionOf(name, method)]);
    return [[name, Object.fromEntries(methods)]];
  }
  return object instanceof protobuf.Namespace ? object.nestedArray.flatMap(servicesBelow) : [];
}

function definitionOf(service: string, method: Method): object {
  const { name, requestStream, responseStream, resolvedRequestType, resolvedResponseType } = method;
  if (resolvedRequestType === null || resolvedResponseType === null)
    throw new Error(`expected the types of ${service}.${name}, got none`);
  const write = writerOf(resolvedResponseType);
  return {
    path: `/${service}/${name}`,
    requestStream: requestStream === true,
    responseStream: responseStream === true,
    requestSerialize: writerOf(resolvedRequestType),
    requestDeserialize: readerOf(resolvedRequestType),
    responseSerialize: (answer: object) => (Buffer.isBuffer(answer) ? answer : write(answer)),
    responseDeserialize: readerOf(resolvedResponseType),
    // grpc-js gives clients the methods under it.
    originalName: name.charAt(0).toLowerCase() + name.slice(1),
  };
}

function writerOf(type: Type): (message: object) => Uint8Array {
  return (message) => type.encode(type.fromObject(message)).finish();
}

function readerOf(type: Type): (bytes: Uint8Array) => object {
  return (bytes) => type.toObject(type.decode(bytes), AS_GENERATED);
}
