import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule, INSTALLATION_PROVIDER, InstallationWatch, Peers } from '@tally/discovery';
import { kafkaConfig, LogAdmin } from '@tally/log-client';
import {
  HealthChecks,
  Lifecycle,
  LOGGER,
  METRICS,
  TLS,
  type Logger,
  type Metrics,
  type TlsFiles,
} from '@tally/service-kit';
import { ZooKeeperSession } from '@tally/zookeeper';
import type { ProcessorConfig } from './config.js';
import { Processor } from './counting/processor.js';
import { EventTypeRegistry, Shards } from '@tally/shard-client';
import { processorMetrics } from './metrics.js';

@Module({})
export class AppModule {
  static with(config: ProcessorConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        DiscoveryModule.with({
          service: 'processor',
          config,
          uses: ['cluster-proxy'],
          owns: true,
        }),
      ],
      providers: [
        INSTALLATION_PROVIDER,
        {
          provide: Processor,
          inject: [
            ZooKeeperSession,
            InstallationWatch,
            Peers,
            LOGGER,
            METRICS,
            Lifecycle,
            HealthChecks,
            TLS,
          ],
          useFactory: (
            session: ZooKeeperSession,
            installation: InstallationWatch,
            peers: Peers,
            logger: Logger,
            { registry }: Metrics,
            lifecycle: Lifecycle,
            health: HealthChecks,
            tls: TlsFiles | undefined,
          ) => {
            const kafka = kafkaConfig(config, tls);
            const admin = new LogAdmin(kafka, logger);
            lifecycle.onClose('log admin', () => admin.close());
            const eventTypes = new EventTypeRegistry({ ...config, session, installation, logger });
            lifecycle.onClose('event types', () => eventTypes.close());
            const processor = new Processor({
              config,
              kafka,
              session,
              installation,
              eventTypes,
              shards: new Shards({
                clusterProxy: peers.of('cluster-proxy'),
                deadlineMs: config.shardDeadlineMs,
                onFailure: (shard, error) =>
                  logger.warn({ shard, error }, 'a shard did not answer'),
              }),
              admin,
              logger,
              metrics: processorMetrics(registry),
            });
            lifecycle.onListening(() => void processor.start());
            lifecycle.onClose('processor', () => processor.stop());
            health.add({ name: 'counting', probe: async () => processor.probe() });
            health.add({
              name: 'shards',
              required: false,
              probe: async () => processor.probeShards(),
            });
            health.add({
              name: 'dedup windows',
              required: false,
              probe: async () => processor.probeWindows(),
            });
            return processor;
          },
        },
      ],
    };
  }
}
