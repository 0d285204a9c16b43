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
import { CatalogController } from './catalog/catalog.controller.js';
import type { DeadLetterReplayerConfig } from './config.js';
import { DeadEventKeeper } from './dead-events/dead-event-keeper.js';
import { DeadEventReader } from './dead-events/dead-event-reader.js';
import { DeadEventSettler } from './dead-events/dead-event-settler.js';
import { DeadEventShards } from './dead-events/dead-event-shards.js';
import { DeadEventTopic } from './dead-events/dead-event-topic.js';
import { DeadEventsController } from './dead-events/dead-events.controller.js';
import { Replayer } from './delivery/replayer.js';
import { registerDeadEventMetrics, replayerMetrics } from './metrics.js';

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
      controllers: [CatalogController, DeadEventsController],
      providers: [
        INSTALLATION_PROVIDER,
        {
          provide: DeadEventShards,
          inject: [Peers],
          useFactory: (peers: Peers) =>
            new DeadEventShards(peers.of('cluster-proxy'), config.shardDeadlineMs),
        },
        {
          provide: DeadEventTopic,
          inject: [LOGGER, Lifecycle, TLS],
          useFactory: (logger: Logger, lifecycle: Lifecycle, tls: TlsFiles | undefined) => {
            const kafka = kafkaConfig(config, tls);
            const admin = new LogAdmin(kafka, logger);
            const topic = new DeadEventTopic(kafka, admin);
            lifecycle.onClose('dead events', () => topic.close());
            lifecycle.onClose('log admin of dead events', () => admin.close());
            return topic;
          },
        },
        {
          provide: DeadEventReader,
          inject: [DeadEventTopic, DeadEventShards, Replayer],
          useFactory: (topic: DeadEventTopic, shards: DeadEventShards, replayer: Replayer) =>
            new DeadEventReader(topic, shards, () => replayer.installed()),
        },
        {
          provide: DeadEventKeeper,
          inject: [DeadEventTopic, DeadEventShards, Replayer, LOGGER, METRICS, Lifecycle],
          useFactory: (
            topic: DeadEventTopic,
            shards: DeadEventShards,
            replayer: Replayer,
            logger: Logger,
            { registry }: Metrics,
            lifecycle: Lifecycle,
          ) => {
            const keeper = new DeadEventKeeper({
              topic,
              shards,
              installed: () => (replayer.isLeader ? replayer.installed() : undefined),
              keepMs: config.deadEventKeepMs,
              settledKeepMs: config.settledEventKeepMs,
              lookMs: config.deadEventLookMs,
              metrics: replayer.metrics,
              logger,
            });
            registerDeadEventMetrics(registry, () => keeper.open());
            lifecycle.onListening(() => keeper.start());
            lifecycle.onClose('keeper of dead events', () => keeper.stop());
            return keeper;
          },
        },
        {
          provide: DeadEventSettler,
          inject: [DeadEventReader, DeadEventShards, Replayer],
          useFactory: (reader: DeadEventReader, shards: DeadEventShards, replayer: Replayer) =>
            new DeadEventSettler({
              reader,
              shards,
              installed: () => replayer.installed(),
              metrics: replayer.metrics,
            }),
        },
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
