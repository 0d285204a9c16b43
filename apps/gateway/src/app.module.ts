import { randomUUID } from 'node:crypto';
import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule, INSTALLATION_PROVIDER, InstallationWatch, Peers } from '@tally/discovery';
import {
  HealthChecks,
  Lifecycle,
  LOGGER,
  METRICS,
  registerLongestHolds,
  type Logger,
  type Metrics,
} from '@tally/service-kit';
import { Arrivals, LearnedClock, LongestHolds, Turns } from '@tally/resilience';
import { ZooKeeperSession } from '@tally/zookeeper';
import {
  CATALOG_PARTS,
  CatalogController,
  type CatalogParts,
} from './catalog/catalog.controller.js';
import { KnownCatalog } from './catalog/known-catalog.js';
import type { GatewayConfig } from './config.js';
import {
  DEAD_EVENT_PARTS,
  DeadEventsController,
  type DeadEventParts,
} from './dead-events/dead-events.controller.js';
import { EventTypes } from './event-types/event-types.js';
import { EventTypesController } from './event-types/event-types.controller.js';
import { EventIntake } from './events/event-intake.js';
import { EventsController } from './events/events.controller.js';
import { MAX_BODY_BYTES } from './events/limits.js';
import { PartitionerClient } from './events/partitioner-client.js';
import { AnswerBudget } from './http/answer-budget.js';
import { BodyBudget } from './http/body-budget.js';
import { Keys } from './http/keys.js';
import { NotFoundController } from './http/not-found.controller.js';
import { RequestAdmission } from './http/request-admission.js';
import { SlicedAnswers } from './http/sliced-answer.js';
import { LEDGER_PARTS, LedgerController, type LedgerParts } from './ledger/ledger.controller.js';
import { LOSS_PARTS, LossesController, type LossParts } from './losses/losses.controller.js';
import { answerMetrics, eventMetrics } from './metrics.js';
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
          uses: ['query', 'dead-letter-replayer'],
        }),
      ],
      controllers: [
        EventsController,
        StatsController,
        EventTypesController,
        CatalogController,
        LedgerController,
        LossesController,
        DeadEventsController,
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
        {
          provide: BodyBudget,
          useValue: new BodyBudget(config.maxInFlightBytes, MAX_BODY_BYTES),
        },
        { provide: Turns, useFactory: () => new Turns() },
        {
          provide: LongestHolds,
          inject: [METRICS],
          useFactory: ({ registry }: Metrics) => {
            const holds = new LongestHolds();
            const stages = {
              read: 'a batch of more than 8 KiB',
              answer: 'one of more than 64 KiB, while it is made',
            };
            registerLongestHolds(registry, 'gateway', stages, holds);
            return holds;
          },
        },
        {
          provide: SlicedAnswers,
          inject: [METRICS, Turns, LongestHolds],
          useFactory: ({ registry }: Metrics, turns: Turns, holds: LongestHolds) => {
            const refused = answerMetrics(registry, () => budget);
            const budget = new AnswerBudget(config.maxAnswerBytes, () => refused.inc());
            return new SlicedAnswers({ turns, holds, budget });
          },
        },
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
        { provide: KnownCatalog, useFactory: () => new KnownCatalog(() => performance.now()) },
        {
          provide: CATALOG_PARTS,
          inject: [Peers, LOGGER, KnownCatalog],
          useFactory: (peers: Peers, logger: Logger, known: KnownCatalog): CatalogParts => ({
            logger,
            partitioner: peers.of('partitioner').client,
            replayer: peers.of('dead-letter-replayer').client,
            timeoutMs: config.appendTimeoutMs,
            readTimeoutMs: config.statsTimeoutMs,
            known,
          }),
        },
        {
          provide: EventIntake,
          inject: [Peers, EventTypes, KnownCatalog, METRICS, LOGGER, Turns, LongestHolds],
          useFactory: (
            peers: Peers,
            eventTypes: EventTypes,
            knownCatalog: KnownCatalog,
            metrics: Metrics,
            logger: Logger,
            turns: Turns,
            holds: LongestHolds,
          ) => {
            const logClock = new LearnedClock();
            return new EventIntake({
              project: PROJECT,
              partitioners: new PartitionerClient(peers.of('partitioner').client, {
                ...config,
                maxQueuedBytes: config.maxInFlightBytes,
                logClock,
                knownCatalog,
              }),
              eventTypes,
              metrics: eventMetrics(metrics.registry),
              logger,
              turns,
              holds,
              now: () => logClock.at(logClock.monotonicMs),
              logTimeAt: (monotonicMs) => logClock.at(monotonicMs),
              newId: randomUUID,
            });
          },
        },
        {
          provide: STATS_PARTS,
          inject: [Peers, LOGGER, SlicedAnswers, EventTypes],
          useFactory: (
            peers: Peers,
            logger: Logger,
            answers: SlicedAnswers,
            eventTypes: EventTypes,
          ): StatsParts => ({
            logger,
            answers,
            definedTypes: {
              isDefined: (type) => eventTypes.history.current(PROJECT, type) !== undefined,
              names: () => eventTypes.history.list(PROJECT).map(({ type }) => type),
              versions: (type) => {
                eventTypes.assertKnown();
                return eventTypes.history.versions(PROJECT, type).map((one) => one.definition);
              },
            },
            query: peers.of('query').client,
            timeoutMs: config.statsTimeoutMs,
            limits: config,
            staleAfterMs: config.staleAfterMs,
            now: Date.now,
          }),
        },
        {
          provide: LEDGER_PARTS,
          inject: [Peers, LOGGER],
          useFactory: (peers: Peers, logger: Logger): LedgerParts => ({
            logger,
            query: peers.of('query').client,
            timeoutMs: config.statsTimeoutMs,
            now: Date.now,
          }),
        },
        {
          provide: DEAD_EVENT_PARTS,
          inject: [Peers, LOGGER],
          useFactory: (peers: Peers, logger: Logger): DeadEventParts => ({
            logger,
            replayer: peers.of('dead-letter-replayer').client,
            timeoutMs: config.statsTimeoutMs,
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
