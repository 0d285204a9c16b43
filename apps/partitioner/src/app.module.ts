import { Module, type DynamicModule } from '@nestjs/common';
import { isSameMeaning } from '@tally/contracts';
import { DiscoveryModule, INSTALLATION_PROVIDER, InstallationWatch } from '@tally/discovery';
import { AppendClient, kafkaConfig, LogAdmin, longestAppendMs } from '@tally/log-client';
import { GatheringQueue, LearnedClock } from '@tally/resilience';
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
import type { AppendJob, AppendOutcome } from './append/append-job.js';
import { AppendController } from './append/append.controller.js';
import { BlockAppender } from './append/block-appender.js';
import { CatalogController } from './catalog/catalog.controller.js';
import { CatalogEnd } from './catalog/catalog-end.js';
import { CatalogLog } from './catalog/catalog-log.js';
import type { PartitionerConfig } from './config.js';
import { AppendExpiry } from './expiry/append-expiry.js';
import { appenderMetrics, registerQueueMetrics } from './metrics.js';
import { BoundsController } from './topic/bounds.controller.js';
import { CurrentTopic } from './topic/current-topic.js';

@Module({})
export class AppModule {
  static with(config: PartitionerConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [DiscoveryModule.with({ service: 'partitioner', config })],
      controllers: [AppendController, BoundsController, CatalogController],
      providers: [
        INSTALLATION_PROVIDER,
        {
          provide: LogAdmin,
          inject: [LOGGER, Lifecycle, TLS],
          useFactory: (logger: Logger, lifecycle: Lifecycle, tls: TlsFiles | undefined) => {
            const admin = new LogAdmin(kafkaConfig(config, tls), logger);
            lifecycle.onClose('log admin', () => admin.close());
            return admin;
          },
        },
        {
          provide: CurrentTopic,
          inject: [ZooKeeperSession, InstallationWatch, LogAdmin, LOGGER, Lifecycle, HealthChecks],
          useFactory: (
            session: ZooKeeperSession,
            installation: InstallationWatch,
            admin: LogAdmin,
            logger: Logger,
            lifecycle: Lifecycle,
            health: HealthChecks,
          ) => {
            const { partitions, dedupWindowMs, logTimeoutMs } = config;
            const topic = new CurrentTopic({
              session,
              installation,
              admin,
              isLogShared: config.logShared === 'yes',
              fresh: { partitions, dedupWindowMs },
              longestAppendMs: longestAppendMs(logTimeoutMs),
              logger,
            });
            lifecycle.onListening(() => void topic.find());
            lifecycle.onClose('events topic', () => topic.close());
            health.add({ name: 'events topic', probe: async () => void topic.get() });
            health.add({ name: 'log', probe: () => admin.reach() });
            return topic;
          },
        },
        {
          provide: AppendExpiry,
          inject: [CurrentTopic],
          useFactory: (topic: CurrentTopic) => new AppendExpiry(topic, new LearnedClock()),
        },
        {
          provide: AppendClient,
          inject: [LOGGER, Lifecycle, TLS],
          useFactory: (logger: Logger, lifecycle: Lifecycle, tls: TlsFiles | undefined) => {
            const log = new AppendClient(kafkaConfig(config, tls), logger);
            lifecycle.onClose('log', () => log.close());
            return log;
          },
        },
        {
          provide: CatalogLog,
          inject: [CurrentTopic, LogAdmin, AppendClient],
          useFactory: (topic: CurrentTopic, admin: LogAdmin, log: AppendClient) =>
            new CatalogLog({ topic, admin, log }),
        },
        {
          provide: CatalogEnd,
          inject: [CatalogLog, LOGGER],
          useFactory: (catalog: CatalogLog, logger: Logger) =>
            new CatalogEnd({ ask: () => catalog.end(), now: () => performance.now(), logger }),
        },
        {
          provide: GatheringQueue,
          inject: [AppendClient, CurrentTopic, AppendExpiry, CatalogEnd, METRICS],
          useFactory: (
            log: AppendClient,
            topic: CurrentTopic,
            expiry: AppendExpiry,
            catalog: CatalogEnd,
            { registry }: Metrics,
          ) => {
            const metrics = appenderMetrics(registry);
            const appender = new BlockAppender(log, topic, expiry, catalog, metrics);
            const queue = new GatheringQueue<AppendJob, AppendOutcome>({
              maxBytes: config.maxQueuedBytes,
              maxSentBytes: config.maxSentBytes,
              maxInFlight: config.maxInFlight,
              worthwhileBytes: config.worthwhileBytes,
              maxHoldMs: config.maxHoldMs,
              sizeOf: ({ body }) => body.length,
              goesWith: isSameMeaning,
              send: (jobs) => appender.append(jobs),
            });
            registerQueueMetrics(registry, queue);
            return queue;
          },
        },
      ],
    };
  }
}
