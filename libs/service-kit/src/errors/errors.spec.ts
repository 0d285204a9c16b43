import { describe, expect, it } from '@jest/globals';
import { status as GRPC_STATUS } from '@grpc/grpc-js';
import { CODE_TRAILER, ERROR_CODES, type ErrorCode, TallyError } from '@tally/contracts';
import { toGrpcError } from './grpc-errors.js';
import { toProblem } from './problem-details.js';

describe('errors', () => {
  it('carries the closed code through gRPC beside its status', () => {
    const answer = toGrpcError(new TallyError('stale_epoch', 'epoch 3, expected 4'));
    expect(answer.code).toBe(GRPC_STATUS.FAILED_PRECONDITION);
    expect(answer.details).toBe('epoch 3, expected 4');
    expect(answer.metadata.get(CODE_TRAILER)).toEqual(['stale_epoch']);
  });

  it('keeps the text of a bug inside', () => {
    const answer = toGrpcError(new TypeError('x is not a function at /srv/app'));
    expect(answer).toMatchObject({ code: GRPC_STATUS.INTERNAL, details: 'internal error' });
  });

  it('answers problem details, with Retry-After where waiting helps', () => {
    expect(
      toProblem(new TallyError('rate_limited', 'too many requests', { retryAfterMs: 2100 })),
    ).toEqual({
      status: 429,
      headers: { 'content-type': 'application/problem+json; charset=utf-8', 'retry-after': '3' },
      body: {
        status: 429,
        title: 'Too Many Requests',
        code: 'rate_limited',
        detail: 'too many requests',
      },
    });
    expect(toProblem(new TallyError('not_found', 'no such path')).headers).not.toHaveProperty(
      'retry-after',
    );
  });

  it.each(Object.keys(ERROR_CODES) as ErrorCode[])(
    '%s has a status of its own kind in HTTP and gRPC',
    (code) => {
      const { http, grpc, retryable } = ERROR_CODES[code];
      expect(GRPC_STATUS[grpc]).toBeDefined();
      expect(http >= 500 || http === 429).toBe(retryable || code === 'internal');
    },
  );
});
