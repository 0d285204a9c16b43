import { API_VERSIONS_KEY } from '../api/api.js';
import type { WireReader } from '../wire/wire-reader.js';
import { WireWriter } from '../wire/wire-writer.js';

/** The first version of ApiVersions whose request is flexible. Other APIs read and write the tags of their headers themselves. */
const FLEXIBLE_API_VERSIONS = 3;

/**
 * Request header v1: int16 API key, int16 version, int32 correlation id, nullable string client id.
 * v2 (flexible requests) adds tagged fields; its client id stays a string with an int16 length.
 */
export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  /** Name that the client gives itself; '' without one. */
  readonly clientId: string;
}

/** Leaves the reader at the body. Throws MalformedFrame. */
export function readRequestHeader(reader: WireReader): RequestHeader {
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  const correlationId = reader.int32();
  const clientId = reader.nullableString() ?? '';
  if (apiKey === API_VERSIONS_KEY && apiVersion >= FLEXIBLE_API_VERSIONS) reader.skipTags();
  return { apiKey, apiVersion, correlationId, clientId };
}

/** A request frame: int32 length, header v1 (of a flexible version v2, without tags), body. */
export function writeRequest(
  { apiKey, apiVersion, correlationId, clientId }: RequestHeader,
  body: (writer: WireWriter) => unknown,
): Buffer[] {
  const writer = new WireWriter().int16(apiKey).int16(apiVersion).int32(correlationId);
  writer.nullableString(clientId);
  if (apiKey === API_VERSIONS_KEY && apiVersion >= FLEXIBLE_API_VERSIONS) writer.unsignedVarint(0);
  body(writer);
  return framed(writer);
}

/**
 * A response frame: int32 length, int32 correlation id (response header v0), body. ApiVersions keeps
 * header v0 in its flexible versions too (KIP-511); other APIs write what theirs add.
 */
export function writeResponse(
  correlationId: number,
  body: (writer: WireWriter) => unknown,
): Buffer[] {
  const writer = new WireWriter().int32(correlationId);
  body(writer);
  return framed(writer);
}

function framed(writer: WireWriter): Buffer[] {
  const prefix = Buffer.allocUnsafe(4);
  prefix.writeInt32BE(writer.length, 0);
  return [prefix, ...writer.finish()];
}
