/**
 * The closed list of error codes: the same word in a problem's `code`, in gRPC metadata and in logs.
 * `http` is the status at the gateway (RFC 9110), `grpc` the number of the gRPC status code,
 * `retryable` whether the same request may succeed later without a change.
 */
export const ERROR_CODES = {
  invalid_argument: { http: 400, grpc: 3, retryable: false },
  unauthenticated: { http: 401, grpc: 16, retryable: false },
  permission_denied: { http: 403, grpc: 7, retryable: false },
  not_found: { http: 404, grpc: 5, retryable: false },
  conflict: { http: 409, grpc: 10, retryable: false },
  payload_too_large: { http: 413, grpc: 8, retryable: false },
  unsupported_media_type: { http: 415, grpc: 3, retryable: false },
  rate_limited: { http: 429, grpc: 8, retryable: true },
  unavailable: { http: 503, grpc: 14, retryable: true },
  deadline_exceeded: { http: 504, grpc: 4, retryable: true },
  /** The request was routed by an older shard map than the receiver's. */
  stale_epoch: { http: 503, grpc: 9, retryable: true },
  /** A delta's offset ranges are partly covered already; nothing was changed. */
  overlap: { http: 409, grpc: 9, retryable: false },
  out_of_range: { http: 400, grpc: 11, retryable: false },
  storage_full: { http: 503, grpc: 8, retryable: true },
  internal: { http: 500, grpc: 13, retryable: false },
} as const satisfies Record<string, { http: number; grpc: number; retryable: boolean }>;

/** One of ERROR_CODES. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Whether a word from outside is one of the closed list. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value);
}

/** The trailer that carries the closed code beside gRPC's own status. */
export const CODE_TRAILER = 'tally-code';
