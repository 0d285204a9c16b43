import { status, type ServiceError } from '@grpc/grpc-js';
import {
  CODE_TRAILER,
  type ErrorCode,
  isErrorCode,
  MAX_MESSAGE_BYTES,
  TallyError,
} from '@tally/contracts';
import type { Outcome } from '@tally/resilience';

/** FAILED_PRECONDITION is absent: it stands for two of our codes with opposite cures. */
const CODES: Partial<Record<status, ErrorCode>> = {
  [status.CANCELLED]: 'unavailable',
  [status.INVALID_ARGUMENT]: 'invalid_argument',
  [status.DEADLINE_EXCEEDED]: 'deadline_exceeded',
  [status.NOT_FOUND]: 'not_found',
  [status.ALREADY_EXISTS]: 'conflict',
  [status.PERMISSION_DENIED]: 'permission_denied',
  [status.RESOURCE_EXHAUSTED]: 'rate_limited',
  [status.ABORTED]: 'conflict',
  [status.OUT_OF_RANGE]: 'out_of_range',
  [status.UNAVAILABLE]: 'unavailable',
  [status.UNAUTHENTICATED]: 'unauthenticated',
};

/** How gRPC says at either end that a message is too large: its status stands for other things too. */
const TOO_LARGE = /\bmessage\b.* larger than /;

/** The code that the service itself gave; undefined when gRPC or the network failed the call. */
function statedCode({ metadata }: ServiceError): ErrorCode | undefined {
  const code = metadata?.get(CODE_TRAILER)[0];
  return isErrorCode(code) ? code : undefined;
}

/** gRPC refused the request or the answer: it is larger than MAX_MESSAGE_BYTES. */
export class MessageTooLarge extends TallyError {
  constructor(what: string, cause: ServiceError) {
    const message = `${what}: expected a message of at most ${MAX_MESSAGE_BYTES} bytes: ${cause.details}`;
    super('payload_too_large', message, { cause });
  }
}

/** By what gRPC says itself. */
function codeOf({ code, details }: ServiceError): ErrorCode {
  if (code === status.RESOURCE_EXHAUSTED && TOO_LARGE.test(details)) return 'payload_too_large';
  return CODES[code] ?? 'internal';
}

/** `what` is put before the message, e.g. `/tally.query.v1.Query/Stats on 127.0.0.1:9207`. */
export function toTallyError(what: string, error: ServiceError): TallyError {
  const stated = statedCode(error);
  const code = stated ?? codeOf(error);
  if (stated === undefined && code === 'payload_too_large') return new MessageTooLarge(what, error);
  return new TallyError(code, `${what}: ${error.details}`, { cause: error });
}

/** What a failed call says about the health of the instance. */
export function outcomeOf(error: ServiceError): Outcome {
  const stated = statedCode(error);
  // Without a code of ours it was not the service that spoke: the connection failed.
  if (stated === undefined && error.code === status.UNAVAILABLE) return 'unreachable';
  switch (stated ?? codeOf(error)) {
    case 'unavailable':
    case 'deadline_exceeded':
    case 'internal':
      return 'failure';
    default:
      return 'success';
  }
}
