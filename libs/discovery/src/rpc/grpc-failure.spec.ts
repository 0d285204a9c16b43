import { describe, expect, it } from '@jest/globals';
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { CODE_TRAILER } from '@tally/contracts';
import { outcomeOf, toTallyError } from './grpc-failure.js';

function failure(code: status, stated?: string): ServiceError {
  const metadata = new Metadata();
  if (stated !== undefined) metadata.set(CODE_TRAILER, stated);
  return Object.assign(new Error('failed'), { code, details: 'the details', metadata });
}

describe('a gRPC failure', () => {
  it.each([
    [status.UNAVAILABLE, undefined, 'unavailable'],
    [status.DEADLINE_EXCEEDED, undefined, 'deadline_exceeded'],
    [status.RESOURCE_EXHAUSTED, undefined, 'rate_limited'],
    [status.RESOURCE_EXHAUSTED, 'storage_full', 'storage_full'],
    [status.FAILED_PRECONDITION, 'overlap', 'overlap'],
    [status.FAILED_PRECONDITION, undefined, 'internal'],
    [status.INTERNAL, 'not a code', 'internal'],
    [status.UNIMPLEMENTED, undefined, 'internal'],
  ])('with status %d and our code %s is %s', (code, stated, expected) => {
    const error = toTallyError('/echo on a:1', failure(code, stated));
    expect([error.code, error.message]).toEqual([expected, '/echo on a:1: the details']);
  });

  it.each([
    [status.UNAVAILABLE, undefined, 'unreachable'],
    [status.UNAVAILABLE, 'unavailable', 'failure'],
    [status.DEADLINE_EXCEEDED, undefined, 'failure'],
    [status.UNKNOWN, undefined, 'failure'],
    [status.INVALID_ARGUMENT, undefined, 'success'],
    [status.RESOURCE_EXHAUSTED, 'rate_limited', 'success'],
    [status.FAILED_PRECONDITION, 'stale_epoch', 'success'],
  ])('with status %d and our code %s is a %s of the instance', (code, stated, outcome) => {
    expect(outcomeOf(failure(code, stated))).toBe(outcome);
  });
});
