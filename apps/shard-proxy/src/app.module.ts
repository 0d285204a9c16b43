import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule, watchOverInstallation } from '@tally/discovery';
import {
  HealthChecks,
  Lifecycle,
  LOGGER,
  METRICS,
  type Logger,
  type Metrics,
} from '@tally/service-kit';
import { ZooKeeperSession } from '@tally/zookeeper';
import { ApplyController } from './apply/apply.controller.js';
import type { ShardProxyConfig } from './config.js';
import { DeadEventsController } from './dead-events/dead-events.controller.js';
import { InstallationController } from './installation/installation.controller.js';
import { InstallationKeeper } from './installation/installation-keeper.js';
import { LedgerController } from './ledger/ledger.controller.js';
import { Pools } from './postgres/pools.js';
import { PostgresModule } from './postgres/postgres.module.js';
import { ReadController } from './read/read.controller.js';
import { ShardGuard } from './shard-map/shard-guard.js';
import { ShardStatusController } from './status/shard-status.controller.js';

@Module({})
export class AppModule {
  static with(config: ShardProxyConfig): DynamicModule {
    const { shard } = config;
    const keeper = {
      provide: InstallationKeeper,
      inject: [ZooKeeperSession, Pools, HealthChecks, Lifecycle, LOGGER, METRICS],
      useFactory: (
        session: ZooKeeperSession,
        { write: pool }: Pools,
        health: HealthChecks,
        lifecycle: Lifecycle,
        logger: Logger,
        { registry }: Metrics,
      ) => {
        const keeper = new InstallationKeeper({ shard, session, pool, logger });
        // The schema is there when everything was made.
        lifecycle.onListening(() => void keeper.start());
        lifecycle.onClose('installation', () => keeper.close());
        watchOverInstallation(health, registry, () => keeper.assertTogether());
        return keeper;
      },
    };
    const guard = {
      provide: ShardGuard,
      inject: [InstallationKeeper, HealthChecks],
      useFactory: (keeper: InstallationKeeper, health: HealthChecks) => {
        const guard = new ShardGuard(shard, keeper);
        health.add({ name: 'shard map', probe: async () => void guard.known });
        return guard;
      },
    };
    return {
      module: AppModule,
      imports: [
        PostgresModule.with(config),
        DiscoveryModule.with({
          service: 'shard-proxy',
          config,
          attributes: { shard: String(shard) },
        }),
      ],
      controllers: [
        ApplyController,
        InstallationController,
        LedgerController,
        ReadController,
        DeadEventsController,
        ShardStatusController,
      ],
      providers: [keeper, guard],
    };
  }
}
