import { expect } from '@jest/globals';
import type { SpokenApi } from '../../src/api/api.js';
import { correlationIdOf, decodeResponse, encodeRequest } from '../../src/frame/client-frames.js';
import { readRequestHeader, writeResponse } from '../../src/frame/headers.js';
import { WireReader } from '../../src/wire/wire-reader.js';

/** A frame without its length. */
const bodyOf = (frame: readonly Buffer[]) => Buffer.concat(frame).subarray(4);

/** Both sides understand each other in every version, and in the last one nothing gets lost. */
export function bothSides<Request, Response>(
  api: SpokenApi<Request, Response>,
  request: Request,
  response: Response,
) {
  const read = (given: Request, version: number) => {
    const frame = bodyOf(encodeRequest(api, given, { version, correlationId: 7, clientId: 'c' }));
    const reader = new WireReader(frame);
    expect(readRequestHeader(reader)).toEqual({
      apiKey: api.key,
      apiVersion: version,
      correlationId: 7,
      clientId: 'c',
    });
    const asked = api.readRequest(reader, version);
    expect(reader.remaining).toBe(0);
    return asked;
  };
  const written = (given: Response, version: number) =>
    bodyOf(writeResponse(7, (writer) => api.writeResponse(writer, given, version)));
  return () => {
    for (let version = api.min; version <= api.max; version++) {
      const asked = read(request, version);
      expect(read(asked, version)).toEqual(asked);
      const frame = written(response, version);
      expect(correlationIdOf(frame)).toBe(7);
      expect(written(decodeResponse(api, frame, version), version)).toEqual(frame);
    }
    expect(read(request, api.max)).toEqual(request);
    expect(decodeResponse(api, written(response, api.max))).toEqual(response);
  };
}
