import { Server as TlsServer } from 'node:tls';
import type { DynamicModule, INestApplicationContext, LoggerService } from '@nestjs/common';
import { loadPackage } from '@nestjs/common/internal';
import { NestFactory } from '@nestjs/core';
import type { GrpcOptions } from '@nestjs/microservices';
import type { Server, ServerOptions, ServiceDefinition } from '@grpc/grpc-js';
import { MAX_MESSAGE_BYTES, packageDefinition } from '@tally/contracts';
import { HealthImplementation } from 'grpc-health-check';
import { Counter } from 'prom-client';
import { reportRefusedHandshakes } from '../tls/refused-handshakes.js';
import type { ServiceKit } from '../service/kit.module.js';
import { boundConnections, LETTING_GO, serversBelow } from './grpc-connections.js';
import { widenWindows } from './wide-windows.js';
import { TlsServerCredentials } from './tls-server-credentials.js';
import { onlyCallers } from './only-callers.js';
import { GrpcErrorFilter } from './grpc-error.filter.js';
import { GrpcMetricsInterceptor } from './grpc-metrics.interceptor.js';

/** Which gRPC services are served, and where. */
export interface GrpcServerOptions {
  readonly port: number;
  /** Protobuf packages whose services this app implements, e.g. `tally.shard_proxy.v1`. */
  readonly packages: readonly string[];
  /** Methods, by their paths, whose handlers get the bytes of requests and give those of answers. */
  readonly passThrough?: readonly string[];
  /** Largest message taken or sent, in bytes. Default MAX_MESSAGE_BYTES. */
  readonly maxMessageBytes?: number;
}

/**
 * A gRPC server with the standard health service (grpc.health.v1), whose status is this service's
 * readiness. Closing waits for the calls in flight. With TLS it takes no connection without it, and none
 * of a client without a certificate; and calls alone of the apps that may call the app `name`.
 */
export async function listenGrpc(
  name: string,
  module: DynamicModule,
  options: { readonly logger: LoggerService; readonly abortOnError: boolean },
  grpc: GrpcServerOptions,
  host: string,
  kit: ServiceKit,
): Promise<INestApplicationContext> {
  const { Transport } = await import('@nestjs/microservices');
  // Nest would look for them in node_modules, where a bundle has others, or none.
  await loadPackage('@grpc/grpc-js', listenGrpc.name, () => import('@grpc/grpc-js'));
  await loadPackage('@grpc/proto-loader', listenGrpc.name, () => import('@grpc/proto-loader'));
  const maxMessageBytes = grpc.maxMessageBytes ?? MAX_MESSAGE_BYTES;
  const app = await NestFactory.createMicroservice<GrpcOptions>(module, {
    ...options,
    transport: Transport.GRPC,
    options: {
      url: `${host}:${grpc.port}`,
      ...doors(name, kit),
      package: [...grpc.packages],
      packageDefinition: definitionFor(grpc),
      onLoadPackageDefinition: (_definition: unknown, server: Server) => {
        addHealth(server, kit);
        boundConnections(server, kit.metrics.registry);
        widenWindows(server);
        if (kit.tls !== undefined) reportHandshakes(server, kit);
      },
      gracefulShutdown: true,
      maxReceiveMessageLength: maxMessageBytes,
      maxSendMessageLength: maxMessageBytes,
    },
  });
  app.useGlobalFilters(new GrpcErrorFilter(kit.logger));
  app.useGlobalInterceptors(new GrpcMetricsInterceptor(kit.metrics.registry));
  await app.listen();
  return app;
}

const asItIs = (message: Buffer): Buffer => message;

function definitionFor({ passThrough = [] }: GrpcServerOptions) {
  const all = { ...packageDefinition() };
  for (const path of passThrough) {
    const [, service = '', name = ''] = path.split('/');
    const methods = all[service] as ServiceDefinition | undefined;
    const method = methods?.[name];
    if (method === undefined) throw new Error(`expected the path of a method, got ${path}`);
    const passed = { ...method, requestDeserialize: asItIs, responseSerialize: asItIs };
    const changed: ServiceDefinition = { ...methods, [name]: passed };
    Object.assign(all, { [service]: changed });
  }
  return all;
}

/** Who makes the server hands all `channelOptions` to it. */
function doors(name: string, kit: ServiceKit) {
  if (kit.tls === undefined) return { channelOptions: LETTING_GO };
  const channelOptions: ServerOptions = { ...LETTING_GO, interceptors: [onlyCallers(name, kit)] };
  return { credentials: new TlsServerCredentials(kit.tls), channelOptions };
}

/** grpc-js tells nobody of handshakes that fail; the servers below it do. */
function reportHandshakes(server: Server, { logger, metrics }: ServiceKit): void {
  const refused = new Counter({
    name: 'tally_grpc_refused_handshakes_total',
    help: 'Connections that did not get through the TLS handshake: no certificate, one that is not believed, no TLS.',
    registers: [metrics.registry],
  });
  for (const one of serversBelow(server)) {
    if (!(one instanceof TlsServer)) throw new Error('expected a TLS server below grpc-js');
    reportRefusedHandshakes(one, logger, () => refused.inc());
  }
}

function addHealth(server: Server, { health }: ServiceKit): void {
  const implementation = new HealthImplementation({ '': 'NOT_SERVING' });
  implementation.addToServer(server);
  health.onServing((serving) => implementation.setStatus('', serving ? 'SERVING' : 'NOT_SERVING'));
}
