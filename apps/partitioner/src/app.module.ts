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
      controllers: [AppendController, BoundsController],
      providers: [
        INSTALLATION_PROVIDER,
        {
          provide: CurrentTopic,
          inject: [ZooKeeperSession, InstallationWatch, LOGGER, Lifecycle, HealthChecks, TLS],
          useFactory: (
            session: ZooKeeperSession,
            installation: InstallationWatch,
            logger: Logger,
            lifecycle: Lifecycle,
            health: HealthChecks,
            tls: TlsFiles | undefined,
          ) => {
            const admin = new LogAdmin(kafkaConfig(config, tls), logger);
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
            lifecycle.onClose('log admin', () => admin.close());
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
          provide: GatheringQueue,
          inject: [CurrentTopic, AppendExpiry, LOGGER, METRICS, Lifecycle, TLS],
          useFactory: (
            topic: CurrentTopic,
            expiry: AppendExpiry,
            logger: Logger,
            { registry }: Metrics,
            lifecycle: Lifecycle,
            tls: TlsFiles | undefined,
          ) => {
            const log = new AppendClient(kafkaConfig(config, tls), logger);
            lifecycle.onClose('log', () => log.close());
            const appender = new BlockAppender(log, topic, expiry, appenderMetrics(registry));
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
