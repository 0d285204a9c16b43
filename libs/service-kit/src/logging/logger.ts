import { trace } from '@opentelemetry/api';
import { pino, type Logger as PinoLogger } from 'pino';
import type { ServiceConfig } from '../config/service-settings.js';

/** Structured logging: fields first, then a sentence. */
export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child'>;

/** JSON lines on standard output, each with the service, the instance and, inside a trace, its ids. */
export function createLogger(
  service: string,
  config: Pick<ServiceConfig, 'instance' | 'logLevel'>,
): PinoLogger {
  return pino({
    level: config.logLevel,
    base: { service, instance: config.instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: pino.stdSerializers.errWithCause },
    mixin: traceIds,
  });
}

function traceIds(): object {
  const context = trace.getActiveSpan()?.spanContext();
  return context === undefined ? {} : { traceId: context.traceId, spanId: context.spanId };
}
