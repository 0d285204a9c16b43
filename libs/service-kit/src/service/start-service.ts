import type { DynamicModule, INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { every } from '@tally/resilience';
import { AdminServer } from '../admin/admin-server.js';
import type { ServiceConfig } from '../config/service-settings.js';
import { listenGrpc, type GrpcServerOptions } from '../grpc/grpc-server.js';
import { HealthChecks } from '../health/health-checks.js';
import { listenHttp, type HttpServerOptions } from '../http/http-server.js';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import { createLogger } from '../logging/logger.js';
import { NestLogger } from '../logging/nest-logger.js';
import { createMetrics } from '../metrics/metrics.js';
import { openServiceTls } from '../tls/service-tls.js';
import { flushTraces } from '../tracing/flush-traces.js';
import { watchEventLoop } from '../watchdog/watchdog.js';
import { giveBackStart } from './give-back-start.js';
import { KitModule, type ServiceKit } from './kit.module.js';

/** What makes an app a service. */
export interface ServiceDefinition {
  /** Name of the app: in logs, metrics, discovery. */
  readonly name: string;
  readonly config: ServiceConfig;
  /** The composition root. */
  readonly root: Type | DynamicModule;
  /** What it serves beside the admin port; neither, for a service that only works. */
  readonly grpc?: GrpcServerOptions;
  readonly http?: HttpServerOptions;
}

/** Set by the bundler; `dev` when started from compiled sources. */
// eslint-disable-next-line no-restricted-syntax -- The bundler writes it here, nobody sets it.
export const VERSION = process.env['TALLY_VERSION'] ?? 'dev';

/**
 * Starts a service: admin port first (so that its state can be seen while it starts), then the
 * application and its server, then discovery hears of it. SIGTERM and SIGINT drain it and end the
 * process with status 0, or 1 when work was left unfinished. A bug ends it with status 1 at once.
 *
 * @returns What drains it, for who started it in a process with others.
 */
export async function startService(definition: ServiceDefinition): Promise<Lifecycle> {
  const { name, config } = definition;
  const logger = createLogger(name, config);
  const metrics = createMetrics(name, VERSION);
  const health = new HealthChecks();
  const lifecycle = new Lifecycle({ ...config, health, logger });
  const onBug = (error: unknown) => {
    logger.fatal({ error }, 'a bug: ending at once');
    process.exit(1);
  };
  process.on('uncaughtException', onBug);
  lifecycle.onClose('listener for bugs', () => void process.off('uncaughtException', onBug));
  drainOnSignal({ lifecycle, logger });
  lifecycle.onClose('watchdog', watchEventLoop({ ...config, service: name, every }));
  try {
    const tls = await openServiceTls(config, logger);
    await open(definition, { logger, metrics, health, lifecycle, tls });
  } catch (error) {
    // Told to end while it started: what is closed below it makes the start fail, and the drain goes on.
    if (lifecycle.isDraining) return lifecycle;
    logger.fatal(
      { error },
      `could not start: ${error instanceof Error ? error.message : String(error)}`,
    );
    process.exit(1);
  }
  lifecycle.onClose('memory of the start', giveBackStart());
  logger.info(
    { version: VERSION, node: process.version, startMs: Math.round(performance.now()) },
    'started',
  );
  return lifecycle;
}

async function open(
  { name, config, root, grpc, http }: ServiceDefinition,
  kit: ServiceKit,
): Promise<void> {
  const { lifecycle, health, metrics, logger } = kit;
  lifecycle.onClose('traces', flushTraces);
  const { host, adminPort } = config;
  const admin = await AdminServer.listen({
    host,
    port: adminPort,
    health,
    registry: metrics.registry,
  });
  lifecycle.onClose('admin server', () => admin.close());

  const options = { logger: new NestLogger(logger), abortOnError: false };
  const module = { module: Root, imports: [KitModule.with(kit), root] };
  let app: INestApplicationContext;
  if (grpc !== undefined) app = await listenGrpc(name, module, options, grpc, host, kit);
  else if (http !== undefined) app = await listenHttp(module, options, http, host, kit);
  else app = await NestFactory.createApplicationContext(module, options);
  lifecycle.onClose('application', () => app.close());
  await lifecycle.listening();
}

class Root {}

function drainOnSignal({ lifecycle, logger }: Pick<ServiceKit, 'lifecycle' | 'logger'>): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const drain = () => {
      logger.info({ signal }, 'draining');
      void lifecycle.drain().then((outcome) => {
        logger.info({ outcome }, 'ended');
        process.exit(outcome === 'drained' ? 0 : 1);
      });
    };
    process.on(signal, drain);
    lifecycle.onClose(`listener for ${signal}`, () => void process.off(signal, drain));
  }
}
