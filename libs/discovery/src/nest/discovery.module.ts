import { Module, type DynamicModule } from '@nestjs/common';
import {
  HealthChecks,
  Lifecycle,
  LOGGER,
  METRICS,
  TLS,
  VERSION,
  type DiscoveryConfig,
  type GrpcConfig,
  type Logger,
  type Metrics,
  type ServiceConfig,
  type TlsFiles,
} from '@tally/service-kit';
import { readZooKeeperAuth, ZooKeeperSession } from '@tally/zookeeper';
import { InstanceRegistry } from '../registry/instance-registry.js';
import { Peers } from './peers.js';

/** What an app says of itself and of the services that it calls. */
export interface DiscoveryModuleOptions {
  /** Name of the app. */
  readonly service: string;
  readonly config: ServiceConfig & DiscoveryConfig & Partial<GrpcConfig>;
  /** What callers select instances by, e.g. `shard`. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Apps without which this one can do nothing at all: it is not ready. Readiness is not a chain. */
  readonly needs?: readonly string[];
  /** Apps without which it answers `unavailable`, or works later: it is degraded, and goes on. */
  readonly uses?: readonly string[];
  /**
   * It does work that only one may do at a time: without its ZooKeeper session it is not ready.
   * Others go on with the instances that they know last, and are degraded.
   */
  readonly owns?: boolean;
}

/**
 * Connects to ZooKeeper, registers this instance once it listens and takes it back first when it
 * drains. Injectable: `ZooKeeperSession`, `InstanceRegistry`, `Peers`.
 */
@Module({})
export class DiscoveryModule {
  static with(options: DiscoveryModuleOptions): DynamicModule {
    const providers = [
      {
        provide: ZooKeeperSession,
        inject: [LOGGER, Lifecycle],
        useFactory: (logger: Logger, lifecycle: Lifecycle) =>
          openSession(options, logger, lifecycle),
      },
      {
        provide: InstanceRegistry,
        inject: [ZooKeeperSession, HealthChecks, Lifecycle],
        useFactory: (session: ZooKeeperSession, health: HealthChecks, lifecycle: Lifecycle) => {
          const registry = new InstanceRegistry(session);
          announce(options, session, registry, health, lifecycle);
          return registry;
        },
      },
      {
        provide: Peers,
        inject: [InstanceRegistry, HealthChecks, Lifecycle, TLS, METRICS],
        useFactory: (
          registry: InstanceRegistry,
          health: HealthChecks,
          lifecycle: Lifecycle,
          tls: TlsFiles | undefined,
          metrics: Metrics,
        ) => {
          const peers = new Peers(registry, health, lifecycle, tls, metrics);
          for (const service of options.needs ?? []) peers.look(service, { required: true });
          for (const service of options.uses ?? []) peers.look(service, { required: false });
          return peers;
        },
      },
    ];
    return {
      module: DiscoveryModule,
      providers,
      exports: [ZooKeeperSession, InstanceRegistry, Peers],
    };
  }
}

function openSession(
  { config }: DiscoveryModuleOptions,
  logger: Logger,
  lifecycle: Lifecycle,
): ZooKeeperSession {
  const session = new ZooKeeperSession({
    connect: config.zookeeper,
    sessionTimeoutMs: config.zookeeperSessionMs,
    auth: readZooKeeperAuth(config.zookeeperAuthFile),
    logger,
  }).start();
  session.onState((state) => logger.info({ state }, 'ZooKeeper session'));
  lifecycle.onClose('ZooKeeper session', () => session.close());
  return session;
}

/** Registers when the servers of this process listen, and is a health check until then and after. */
function announce(
  { service, config, attributes = {}, owns = false }: DiscoveryModuleOptions,
  session: ZooKeeperSession,
  registry: InstanceRegistry,
  health: HealthChecks,
  lifecycle: Lifecycle,
): void {
  let isRegistered = () => false;
  health.add({
    name: 'zookeeper',
    required: owns,
    probe: async () => {
      const { state, obstacle } = session;
      const reason = obstacle === undefined ? '' : `: ${obstacle}`;
      if (state !== 'connected') throw new Error(`the session is ${state}${reason}`);
      if (!isRegistered()) throw new Error('not registered yet');
    },
  });
  lifecycle.onListening(() => {
    const { host, grpcPort, adminPort, instance } = config;
    const registration = registry.register(service, {
      id: instance,
      host,
      ...(grpcPort === undefined ? {} : { grpcPort }),
      adminPort,
      startedAt: new Date().toISOString(),
      version: VERSION,
      attributes,
    });
    isRegistered = () => registration.isRegistered;
    lifecycle.onClose('registration', () => registration.unregister());
  });
}
