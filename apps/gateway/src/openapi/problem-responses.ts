import { ERROR_CODES, type ErrorCode } from '@tally/contracts';

/** Codes with which every operation may fail. */
const ALWAYS: readonly ErrorCode[] = ['invalid_argument', 'internal'];

/** The responses for these codes and for those that are always possible, by status. */
export function problemResponses(codes: readonly ErrorCode[]): Readonly<Record<string, object>> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of [...ALWAYS, ...codes]) {
    const status = ERROR_CODES[code].http;
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const statuses = [...byStatus].sort(([left], [right]) => left - right);
  return Object.fromEntries(statuses.map(([status, of]) => [String(status), responseOf(of)]));
}

function responseOf(codes: readonly ErrorCode[]): object {
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
    description: `Problem details (RFC 9457) with the code ${codes.join(' or ')}.`,
    headers,
    content: { 'application/problem+json': { schema: problem } },
  };
}
