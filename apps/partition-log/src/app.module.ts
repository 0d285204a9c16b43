import { Module, type DynamicModule } from '@nestjs/common';
import { MINUTE_MS } from '@tally/contracts';
import { DiscoveryModule } from '@tally/discovery';
import { HeldClock } from '@tally/resilience';
import { DiskWatermarks, nodeFileSystem, SegmentLog, Upkeep } from '@tally/segment-log';
import {
  descriptorLimit,
  HealthChecks,
  Lifecycle,
  LOGGER,
  METRICS,
  TLS,
  type Logger,
  type Metrics,
  type TlsFiles,
} from '@tally/service-kit';
import type { Broker } from './cluster/broker.js';
import type { PartitionLogConfig } from './config.js';
import { GroupCoordinator } from './groups/group-coordinator.js';
import { openCoordinator } from './groups/open-coordinator.js';
import { createHandlers } from './handlers.js';
import {
  logMetrics,
  observeRequests,
  registerClockMetrics,
  registerClosedTopicMetrics,
  registerDamageMetrics,
  registerLagMetrics,
  registerProducerMetrics,
  registerDescriptorMetrics,
  registerSegmentMetrics,
  registerServerMetrics,
  registerSpaceMetrics,
  type LogMetrics,
} from './metrics.js';
import { Authorization } from './security/acl/authorization.js';
import { openSecurity } from './security/open-security.js';
import { withinLimit } from './server/descriptors.js';
import { KafkaServer } from './server/kafka-server.js';
import { RequestRouter } from './server/request-router.js';
import { noDamage } from './storage/damage-probe.js';
import { DiskProbe } from './storage/disk-probe.js';
import { probeSpace } from './storage/probe-space.js';
import { startUpkeep } from './storage/start-upkeep.js';
import { openClock, probeClock } from './storage/open-clock.js';
import { openLog } from './storage/open-log.js';
import { TopicLabels } from './topics/topic-labels.js';
import { TopicLimits } from './topics/topic-limits.js';

/** How often offsets that nobody needs any more are looked for; they are kept for days at least. */
const OFFSETS_SWEEP_MS = 10 * MINUTE_MS;

const LOG_METRICS = Symbol('log metrics');

@Module({})
export class AppModule {
  static with(configured: PartitionLogConfig): DynamicModule {
    const limit = descriptorLimit();
    const bounds = withinLimit(configured, limit);
    const config = { ...configured, ...bounds };
    const host = config.advertisedHost || config.host;
    const port = config.advertisedPort || config.kafkaPort;
    return {
      module: AppModule,
      imports: [
        DiscoveryModule.with({
          service: 'partition-log',
          config,
          owns: true,
          attributes: { kafka: `${host}:${port}` },
        }),
      ],
      providers: [
        {
          provide: LOG_METRICS,
          inject: [METRICS],
          useFactory: ({ registry }: Metrics) => logMetrics(registry),
        },
        {
          provide: DiskWatermarks,
          inject: [METRICS],
          useFactory: ({ registry }: Metrics) => {
            const space = new DiskWatermarks({
              freeBytes: () => nodeFileSystem.freeBytes(config.logDir),
              lowBytes: config.lowFreeBytes,
              marginBytes: config.freeMarginBytes,
            });
            registerSpaceMetrics(registry, space);
            return space;
          },
        },
        {
          provide: HeldClock,
          inject: [LOGGER],
          useFactory: (logger: Logger) => openClock(config.maxClockStepMs, logger),
        },
        {
          provide: SegmentLog,
          inject: [
            ...[LOGGER, METRICS, LOG_METRICS],
            ...[HealthChecks, Lifecycle, DiskWatermarks, HeldClock],
          ],
          useFactory: async (
            logger: Logger,
            { registry }: Metrics,
            metrics: LogMetrics,
            health: HealthChecks,
            lifecycle: Lifecycle,
            space: DiskWatermarks,
            clock: HeldClock,
          ) => {
            if (bounds !== configured)
              logger.warn(
                { limit, ...bounds },
                'this process may have too few descriptors for the settings: these bounds hold instead; raise `ulimit -n`',
              );
            const log = await openLog(config, logger, metrics, space, clock);
            lifecycle.onClose('log', () => log.close());
            registerDamageMetrics(registry, log);
            registerClosedTopicMetrics(registry, log);
            registerSegmentMetrics(registry, log);
            registerDescriptorMetrics(registry);
            registerClockMetrics(registry, clock);
            health.add({ name: 'records', required: false, probe: () => noDamage(log) });
            health.add({ name: 'clock', required: false, probe: () => probeClock(clock) });
            return log;
          },
        },
        {
          provide: DiskProbe,
          inject: [SegmentLog, HealthChecks, Lifecycle, DiskWatermarks],
          // After the log, whose lock says that the folder is ours.
          useFactory: async (
            _log: SegmentLog,
            health: HealthChecks,
            lifecycle: Lifecycle,
            space: DiskWatermarks,
          ) => {
            await space.look();
            const disk = new DiskProbe(config.logDir);
            lifecycle.onClose('disk probe', () => disk.close());
            health.add({ name: 'log directory', probe: () => disk.probe() });
            health.add({ name: 'disk space', probe: () => probeSpace(space), required: false });
            return disk;
          },
        },
        {
          provide: Upkeep,
          inject: [SegmentLog, LOGGER, LOG_METRICS, Lifecycle, HeldClock],
          useFactory: (
            log: SegmentLog,
            logger: Logger,
            metrics: LogMetrics,
            lifecycle: Lifecycle,
            clock: HeldClock,
          ) => {
            const upkeep = startUpkeep(log, config, logger, metrics, () => clock.now());
            lifecycle.onClose('upkeep', () => upkeep.stop());
            return upkeep;
          },
        },
        {
          provide: GroupCoordinator,
          inject: [SegmentLog, Lifecycle, HeldClock],
          useFactory: async (log: SegmentLog, lifecycle: Lifecycle, clock: HeldClock) => {
            const groups = await openCoordinator(log, config, () => clock.now());
            const sweeping = setInterval(() => void groups.expireOffsets(), OFFSETS_SWEEP_MS);
            lifecycle.onClose('offsets sweep', () => clearInterval(sweeping));
            return groups;
          },
        },
        {
          provide: KafkaServer,
          inject: [
            ...[SegmentLog, DiskWatermarks, GroupCoordinator, HeldClock],
            ...[LOGGER, METRICS, LOG_METRICS, Lifecycle, TLS],
          ],
          useFactory: async (
            log: SegmentLog,
            space: DiskWatermarks,
            groups: GroupCoordinator,
            clock: HeldClock,
            logger: Logger,
            { registry }: Metrics,
            metrics: LogMetrics,
            lifecycle: Lifecycle,
            serviceTls: TlsFiles | undefined,
          ) => {
            const broker: Broker = { nodeId: config.brokerId, host, port, clusterId: log.id };
            const labels = new TopicLabels();
            const countAppend = (topic: string, bytes: number) =>
              metrics.appendBytes.inc({ topic: labels.of(topic) }, bytes);
            const countFetch = (topic: string, bytes: number) =>
              metrics.fetchBytes.inc({ topic: labels.of(topic) }, bytes);
            const { maxTopics, maxPartitions, maxPartitionsPerTopic } = config;
            const limits = new TopicLimits(log, maxTopics, maxPartitions, maxPartitionsPerTopic);
            const countFailure = () => metrics.loginFailures.inc();
            const security = await openSecurity(config, logger, countFailure, serviceTls);
            const { acl } = security;
            const router = new RequestRouter(
              createHandlers({
                hasSasl: security.hasSasl,
                acl,
                log,
                space,
                groups,
                broker,
                limits,
                node: config,
                now: () => clock.now(),
                countAppend,
                countFetch,
              }),
              observeRequests(metrics),
              acl === undefined
                ? undefined
                : new Authorization(
                    (user) => acl.rightsOf(user),
                    logger,
                    (api) => metrics.authorizationFailures.inc({ api }),
                  ),
            );
            if (acl !== undefined) lifecycle.onClose('rights', acl.keepUpToDate());
            const observer = {
              onRefused: (reason: string) => metrics.refusedConnections.inc({ reason }),
              onWait: (what: string) => metrics.waits.inc({ what }),
            };
            const options = { ...config, security, port: config.kafkaPort };
            const server = await KafkaServer.listen(router, options, observer, logger);
            lifecycle.onClose('Kafka server', async () => {
              groups.close();
              await server.drain();
            });
            registerServerMetrics(registry, server, groups);
            registerLagMetrics(registry, log, groups);
            registerProducerMetrics(registry, log);
            return server;
          },
        },
      ],
    };
  }
}
