import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule, INSTALLATION_PROVIDER, InstallationWatch, Peers } from '@tally/discovery';
import { LongestHolds, Turns } from '@tally/resilience';
import {
  HealthChecks,
  Lifecycle,
  METRICS,
  registerLongestHolds,
  type Metrics,
} from '@tally/service-kit';
import { ZooKeeperSession } from '@tally/zookeeper';
import type { QueryConfig } from './config.js';
import { CLUSTER_PROXY, LedgerController } from './ledger/ledger.controller.js';
import { lastAnswerMetrics } from './metrics.js';
import { LastAnswers } from './stats/last-answers.js';
import { TopicFollower } from './stats/topic-follower.js';
import { StatsReader } from './stats/stats-reader.js';
import { QueryController } from './stats/query.controller.js';

@Module({})
export class AppModule {
  static with(config: QueryConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [DiscoveryModule.with({ service: 'query', config, uses: ['cluster-proxy'] })],
      controllers: [QueryController, LedgerController],
      providers: [
        INSTALLATION_PROVIDER,
        {
          provide: CLUSTER_PROXY,
          inject: [Peers],
          useFactory: (peers: Peers) => peers.of('cluster-proxy').client,
        },
        {
          provide: TopicFollower,
          inject: [ZooKeeperSession, InstallationWatch, Lifecycle, HealthChecks],
          useFactory: (
            session: ZooKeeperSession,
            installation: InstallationWatch,
            lifecycle: Lifecycle,
            health: HealthChecks,
          ) => {
            const topic = new TopicFollower(session, installation);
            lifecycle.onClose('events topic', () => topic.close());
            health.add({ name: 'events topic', probe: async () => void topic.get() });
            return topic;
          },
        },
        {
          provide: StatsReader,
          inject: [Peers, TopicFollower, METRICS],
          useFactory: (peers: Peers, topic: TopicFollower, { registry }: Metrics) => {
            const metrics = lastAnswerMetrics(registry, () => lastAnswers.size);
            const lastAnswers = new LastAnswers({
              maxBytes: config.maxLastAnswerBytes,
              maxEntries: config.maxLastAnswers,
              onForgotten: () => metrics.forgotten.inc(),
              onGiven: () => metrics.given.inc(),
            });
            const holds = new LongestHolds();
            const stages = { answer: 'put together from those of the shards, and written' };
            registerLongestHolds(registry, 'query', stages, holds);
            return new StatsReader({
              clusterProxy: peers.of('cluster-proxy').client,
              timeoutMs: config.readTimeoutMs,
              lastAnswers,
              turns: new Turns(),
              holds,
              topic: () => topic.get(),
            });
          },
        },
      ],
    };
  }
}
