import { Metadata, type ServiceError } from '@grpc/grpc-js';
import { CODE_TRAILER, ERROR_CODES, TallyError } from '@tally/contracts';

/** What a gRPC handler answers for a failure. A bug's text stays inside. */
export function toGrpcError(error: unknown): Pick<ServiceError, 'code' | 'details' | 'metadata'> {
  const known = error instanceof TallyError ? error : new TallyError('internal', 'internal error');
  const metadata = new Metadata();
  metadata.set(CODE_TRAILER, known.code);
  return { code: ERROR_CODES[known.code].grpc, details: known.message, metadata };
}
