import { ERROR_CODES, type ErrorCode } from '@tally/contracts';

/** Codes with which every operation may fail. */
const ALWAYS: readonly ErrorCode[] = ['invalid_argument', 'internal'];

/** What the door answers before it is known which operation is meant: HTTP has more statuses than we have codes. */
const AT_THE_DOOR: readonly (readonly [number, ErrorCode, string])[] = [
  [408, 'deadline_exceeded', 'The request did not come whole in time.'],
  [417, 'invalid_argument', 'An Expect other than 100-continue.'],
  [421, 'permission_denied', 'A name of host under which this gateway is not asked.'],
  [431, 'payload_too_large', 'URL and headers are too long.'],
  [501, 'invalid_argument', 'A method that nobody knows.'],
  [501, 'unsupported_media_type', 'A Transfer-Encoding other than chunked.'],
  [505, 'invalid_argument', 'Another version than HTTP/1.1 and HTTP/1.0.'],
];

/** The responses for these codes and for those that are always possible, by status. */
export function problemResponses(codes: readonly ErrorCode[]): Readonly<Record<string, object>> {
  const byStatus = new Map<number, ErrorCode[]>();
  const words = new Map<number, string>();
  for (const [status, code, why] of AT_THE_DOOR) {
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
    words.set(status, `${words.get(status) ?? ''} ${why}`);
  }
  for (const code of [...ALWAYS, ...codes]) {
    const status = ERROR_CODES[code].http;
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const statuses = [...byStatus].sort(([left], [right]) => left - right);
  return Object.fromEntries(
    statuses.map(([status, of]) => [String(status), responseOf(of, words.get(status))]),
  );
}

function responseOf(codes: readonly ErrorCode[], why = ''): object {
  const headers = {
    ...(codes.some((code) => ERROR_CODES[code].retryable)
      ? { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } } }
      : {}),
    ...(codes.includes('unauthenticated')
      ? { 'WWW-Authenticate': { schema: { type: 'string' } } }
      : {}),
  };
  const problem = {
    allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: codes } } }],
  };
  return {
    description: `Problem details (RFC 9457) with the code ${codes.join(' or ')}.${why}`,
    headers,
    content: { 'application/problem+json': { schema: problem } },
  };
}
