import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { TallyError } from '@tally/contracts';
import { throwError, type Observable } from 'rxjs';
import { toGrpcError } from '../errors/grpc-errors.js';
import type { Logger } from '../logging/logger.js';

/** Answers every failure of a handler with its closed code; logs it at the level that it names. */
@Catch()
export class GrpcErrorFilter implements RpcExceptionFilter<unknown> {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown): Observable<never> {
    if (error instanceof TallyError) {
      this.logger[error.logLevel]({ code: error.code, cause: error.cause }, error.message);
    } else {
      this.logger.error({ error }, 'a bug in a gRPC handler');
    }
    return throwError(() => toGrpcError(error));
  }
}
