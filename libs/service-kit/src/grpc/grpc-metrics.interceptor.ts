import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { TallyError } from '@tally/contracts';
import { Histogram, type Registry } from 'prom-client';
import { tap, type Observable } from 'rxjs';

/** Rate, errors and duration of every gRPC method that this process serves. */
export class GrpcMetricsInterceptor implements NestInterceptor {
  private readonly duration: Histogram<'method' | 'code'>;

  constructor(registry: Registry) {
    this.duration = new Histogram({
      name: 'tally_grpc_server_duration_seconds',
      help: 'Time from the decoded request to the answer, by method and outcome (ok or an error code).',
      labelNames: ['method', 'code'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers: [registry],
    });
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const method = `${context.getClass().name}.${context.getHandler().name}`;
    const end = this.duration.startTimer({ method });
    return next.handle().pipe(
      tap({
        complete: () => end({ code: 'ok' }),
        error: (error: unknown) =>
          end({ code: error instanceof TallyError ? error.code : 'internal' }),
      }),
    );
  }
}
