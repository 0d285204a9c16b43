import { randomUUID } from 'node:crypto';
import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule, INSTALLATION_PROVIDER, InstallationWatch, Peers } from '@tally/discovery';
import {
  HealthChecks,
  Lifecycle,
  LOGGER,
  METRICS,
  type Logger,
  type Metrics,
} from '@tally/service-kit';
import { Arrivals, LearnedClock } from '@tally/resilience';
import { ZooKeeperSession } from '@tally/zookeeper';
import type { GatewayConfig } from './config.js';
import { EventTypes } from './event-types/event-types.js';
import { EventTypesController } from './event-types/event-types.controller.js';
import { EventIntake } from './events/event-intake.js';
import { EventsController } from './events/events.controller.js';
import { PartitionerClient } from './events/partitioner-client.js';
import { BodyBudget } from './http/body-budget.js';
import { Keys } from './http/keys.js';
import { NotFoundController } from './http/not-found.controller.js';
import { RequestAdmission } from './http/request-admission.js';
import { LOSS_PARTS, LossesController, type LossParts } from './losses/losses.controller.js';
import { eventMetrics } from './metrics.js';
import { OpenApiController } from './openapi/openapi.controller.js';
import { PROJECT } from './project.js';
import { STATS_PARTS, StatsController, type StatsParts } from './stats/stats.controller.js';

@Module({})
export class AppModule {
  static with(config: GatewayConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        // What it must not lose is events: statistics answer 503 by themselves.
        DiscoveryModule.with({
          service: 'gateway',
          config,
          needs: ['partitioner'],
          uses: ['query'],
        }),
      ],
      controllers: [
        EventsController,
        StatsController,
        EventTypesController,
        LossesController,
        OpenApiController,
        // Takes what is left, so it stands last.
        NotFoundController,
      ],
      providers: [
        RequestAdmission,
        INSTALLATION_PROVIDER,
        {
          provide: Arrivals,
          inject: [Lifecycle],
          useFactory: (lifecycle: Lifecycle) => {
            const arrivals = new Arrivals(() => performance.now()).start();
            lifecycle.onClose('arrivals', () => arrivals.stop());
            return arrivals;
          },
        },
        { provide: Keys, useFactory: () => Keys.of(config) },
        { provide: BodyBudget, useValue: new BodyBudget(config.maxInFlightBytes) },
        {
          provide: EventTypes,
          inject: [ZooKeeperSession, InstallationWatch, Lifecycle, HealthChecks],
          useFactory: (
            session: ZooKeeperSession,
            installation: InstallationWatch,
            lifecycle: Lifecycle,
            health: HealthChecks,
          ) => {
            const eventTypes = new EventTypes(session, installation).start();
            lifecycle.onClose('event types', () => eventTypes.close());
            health.add({ name: 'event types', probe: async () => eventTypes.assertKnown() });
            return eventTypes;
          },
        },
        {
          provide: EventIntake,
          inject: [Peers, EventTypes, METRICS, LOGGER],
          useFactory: (peers: Peers, eventTypes: EventTypes, metrics: Metrics, logger: Logger) =>
            new EventIntake({
              project: PROJECT,
              partitioners: new PartitionerClient(peers.of('partitioner').client, {
                ...config,
                maxQueuedBytes: config.maxInFlightBytes,
                logClock: new LearnedClock(),
              }),
              eventTypes,
              metrics: eventMetrics(metrics.registry),
              logger,
              now: Date.now,
              newId: randomUUID,
            }),
        },
        {
          provide: STATS_PARTS,
          inject: [Peers, LOGGER],
          useFactory: (peers: Peers, logger: Logger): StatsParts => ({
            logger,
            query: peers.of('query').client,
            timeoutMs: config.statsTimeoutMs,
            maxPoints: config.maxPoints,
            staleAfterMs: config.staleAfterMs,
            now: Date.now,
          }),
        },
        {
          provide: LOSS_PARTS,
          inject: [Peers, LOGGER],
          useFactory: (peers: Peers, logger: Logger): LossParts => ({
            logger,
            partitioner: peers.of('partitioner').client,
            query: peers.of('query').client,
            timeoutMs: config.statsTimeoutMs,
            now: Date.now,
          }),
        },
      ],
    };
  }
}
