import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@tally/discovery';
import { SHARD_MAP_NODE, ShardMap } from '@tally/placement';
import { HealthChecks, Lifecycle } from '@tally/service-kit';
import { ConfigNode, ZooKeeperSession } from '@tally/zookeeper';
import { ApplyController } from './apply/apply.controller.js';
import type { ShardProxyConfig } from './config.js';
import { LossController } from './losses/loss.controller.js';
import { PostgresModule } from './postgres/postgres.module.js';
import { ReadController } from './read/read.controller.js';
import { ShardGuard } from './shard-map/shard-guard.js';
import { ShardStatusController } from './status/shard-status.controller.js';

@Module({})
export class AppModule {
  static with(config: ShardProxyConfig): DynamicModule {
    const { shard } = config;
    const guard = {
      provide: ShardGuard,
      inject: [ZooKeeperSession, HealthChecks, Lifecycle],
      useFactory: (session: ZooKeeperSession, health: HealthChecks, lifecycle: Lifecycle) => {
        const guard = new ShardGuard(
          shard,
          new ConfigNode({ session, path: SHARD_MAP_NODE, parse: ShardMap.parseDocument }),
        );
        lifecycle.onClose('shard map', guard.close);
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
      controllers: [ApplyController, LossController, ReadController, ShardStatusController],
      providers: [guard],
    };
  }
}
