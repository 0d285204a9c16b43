import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule, INSTALLATION_PROVIDER, InstallationWatch, Peers } from '@tally/discovery';
import { kafkaConfig, LogAdmin } from '@tally/log-client';
import {
  Lifecycle,
  LOGGER,
  METRICS,
  TLS,
  type Logger,
  type Metrics,
  type TlsFiles,
} from '@tally/service-kit';
import { EventTypeRegistry, Shards } from '@tally/shard-client';
import { ZooKeeperSession } from '@tally/zookeeper';
import type { DeadLetterReplayerConfig } from './config.js';
import { Replayer } from './delivery/replayer.js';
import { replayerMetrics } from './metrics.js';

@Module({})
export class AppModule {
  static with(config: DeadLetterReplayerConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        DiscoveryModule.with({
          service: 'dead-letter-replayer',
          config,
          uses: ['cluster-proxy'],
          owns: true,
        }),
      ],
      providers: [
        INSTALLATION_PROVIDER,
        {
          provide: Replayer,
          inject: [ZooKeeperSession, InstallationWatch, Peers, LOGGER, METRICS, Lifecycle, TLS],
          useFactory: (
            session: ZooKeeperSession,
            installation: InstallationWatch,
            peers: Peers,
            logger: Logger,
            { registry }: Metrics,
            lifecycle: Lifecycle,
            tls: TlsFiles | undefined,
          ) => {
            const kafka = kafkaConfig(config, tls);
            const admin = new LogAdmin(kafka, logger);
            lifecycle.onClose('log admin', () => admin.close());
            const eventTypes = new EventTypeRegistry({ ...config, session, installation, logger });
            lifecycle.onClose('event types', () => eventTypes.close());
            const replayer: Replayer = new Replayer({
              instance: config.instance,
              kafka,
              session,
              eventTypes,
              catalogDir: config.catalogDir,
              positionWaitMs: config.versionWaitMs,
              shards: new Shards({
                clusterProxy: peers.of('cluster-proxy'),
                deadlineMs: config.shardDeadlineMs,
                onFailure: (shard, error) =>
                  logger.warn({ shard, error }, 'a shard did not answer'),
              }),
              admin,
              logger,
              metrics: replayerMetrics(registry, () => replayer.waiting()),
            });
            lifecycle.onListening(() => replayer.start());
            lifecycle.onClose('replayer', () => replayer.stop());
            return replayer;
          },
        },
      ],
    };
  }
}
