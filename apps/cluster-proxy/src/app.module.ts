import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule, INSTALLATION_PROVIDER, Peers } from '@tally/discovery';
import { SHARD_MAP_NODE, ShardMap } from '@tally/placement';
import {
  HealthChecks,
  Lifecycle,
  LOGGER,
  METRICS,
  type Logger,
  type Metrics,
} from '@tally/service-kit';
import { ConfigNode, ZooKeeperSession } from '@tally/zookeeper';
import type { ClusterProxyConfig } from './config.js';
import { CountersController, DEADLINES } from './counters/counters.controller.js';
import { PassThroughController } from './counters/pass-through.controller.js';
import { InstallationFounder } from './installation/installation-founder.js';
import { LedgerController } from './ledger/ledger.controller.js';
import { CurrentShardMap } from './shard-map/current-shard-map.js';
import { breakerMetrics } from './metrics.js';
import { PROBE_DEADLINE_MS, ShardBreaker } from './shards/shard-breaker.js';
import { ShardProxies } from './shards/shard-proxies.js';
import { ClusterStatusController } from './status/cluster-status.controller.js';

@Module({})
export class AppModule {
  static with(config: ClusterProxyConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [DiscoveryModule.with({ service: 'cluster-proxy', config, uses: ['shard-proxy'] })],
      controllers: [
        CountersController,
        PassThroughController,
        LedgerController,
        ClusterStatusController,
      ],
      providers: [
        INSTALLATION_PROVIDER,
        { provide: DEADLINES, useValue: config },
        {
          provide: ShardProxies,
          inject: [Peers],
          useFactory: (peers: Peers) => new ShardProxies(peers.of('shard-proxy')),
        },
        {
          provide: ShardBreaker,
          inject: [ShardProxies, METRICS, LOGGER, Lifecycle],
          useFactory: (
            shards: ShardProxies,
            { registry }: Metrics,
            logger: Logger,
            lifecycle: Lifecycle,
          ) => {
            const breaker = new ShardBreaker({
              probe: (shard) => shards.call(shard, 'GetShardStatus', {}, PROBE_DEADLINE_MS),
              probeEveryMs: config.probeEveryMs,
              metrics: breakerMetrics(registry),
              logger,
            });
            lifecycle.onClose('shard breaker', () => breaker.close());
            return breaker;
          },
        },
        {
          provide: CurrentShardMap,
          inject: [ZooKeeperSession, ShardProxies, LOGGER, HealthChecks, Lifecycle],
          useFactory: (
            session: ZooKeeperSession,
            shardProxies: ShardProxies,
            logger: Logger,
            health: HealthChecks,
            lifecycle: Lifecycle,
          ) => {
            const node = new ConfigNode({
              session,
              path: SHARD_MAP_NODE,
              parse: ShardMap.parseDocument,
            });
            const founder = new InstallationFounder({ session, shards: shardProxies, logger });
            const shardMap = new CurrentShardMap({
              node,
              shards: config.shards,
              installation: (shards) => founder.ensure(shards),
              logger,
            });
            lifecycle.onListening(() => void shardMap.ensure());
            lifecycle.onClose('shard map', () => shardMap.close());
            health.add({ name: 'shard map', probe: async () => void shardMap.get() });
            return shardMap;
          },
        },
      ],
    };
  }
}
