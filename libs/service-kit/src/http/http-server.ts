import type { DynamicModule, INestApplicationContext, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { ServiceKit } from '../service/kit.module.js';
import { ProblemFilter } from './problem.filter.js';

/** Where HTTP is served, and by what. */
export interface HttpServerOptions {
  readonly port: number;
  /** Made by the app, so that only apps with an HTTP server carry one. */
  readonly adapter: AbstractHttpAdapter;
}

/** A public HTTP server whose failures are RFC 9457 problem details. Closing waits for the requests in flight. */
export async function listenHttp(
  module: DynamicModule,
  options: { readonly logger: LoggerService; readonly abortOnError: boolean },
  http: HttpServerOptions,
  host: string,
  kit: ServiceKit,
): Promise<INestApplicationContext> {
  // How bodies are read is the adapter's.
  const app = await NestFactory.create(module, http.adapter, { ...options, bodyParser: false });
  app.useGlobalFilters(new ProblemFilter(kit.logger));
  // One server has one address: of the two that the name may have, the one that all tools call.
  await app.listen(http.port, host === 'localhost' ? '127.0.0.1' : host);
  return app;
}
