import type { SpokenApi } from '../api/api.js';
import { WireReader } from '../wire/wire-reader.js';
import { writeRequest } from './headers.js';

/** What stands in the header of a request, where it is not the usual. */
export interface RequestOptions {
  /** The last one that is served when absent. */
  readonly version?: number;
  readonly correlationId?: number;
  readonly clientId?: string;
}

/** A whole request, with its length, as buffers to be sent one behind the other. */
export function encodeRequest<Request, Response>(
  api: SpokenApi<Request, Response>,
  request: Request,
  { version = api.max, correlationId = 0, clientId = '' }: RequestOptions = {},
): Buffer[] {
  const header = { apiKey: api.key, apiVersion: version, correlationId, clientId };
  return writeRequest(header, (writer) => api.writeRequest(writer, request, version));
}

/**
 * Reads an answer without its length, as FrameSplitter gives it, to a request of `version`. Throws
 * MalformedFrame.
 */
export function decodeResponse<Request, Response>(
  api: SpokenApi<Request, Response>,
  frame: Buffer,
  version = api.max,
): Response {
  const reader = new WireReader(frame);
  reader.int32(); // correlation id
  return api.readResponse(reader, version);
}

/** The number that an answer without its length has from its request. */
export function correlationIdOf(frame: Buffer): number {
  return new WireReader(frame).int32();
}
