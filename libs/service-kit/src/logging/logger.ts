import { trace } from '@opentelemetry/api';
import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import type { ServiceConfig } from '../config/service-settings.js';

/** Structured logging: fields first, then a sentence. */
export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child'>;

/**
 * JSON lines, each with the service, the instance and, inside a trace, its ids. An error stands in the
 * field `error`, with its causes. `destination` is standard output unless a test says otherwise.
 */
export function createLogger(
  service: string,
  config: Pick<ServiceConfig, 'instance' | 'logLevel'>,
  destination: DestinationStream = pino.destination(1),
): PinoLogger {
  const options = {
    level: config.logLevel,
    base: { service, instance: config.instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    errorKey: 'error',
    serializers: { error: pino.stdSerializers.errWithCause },
    mixin: traceIds,
  };
  return pino(options, destination);
}

function traceIds(): object {
  const context = trace.getActiveSpan()?.spanContext();
  return context === undefined ? {} : { traceId: context.traceId, spanId: context.spanId };
}
