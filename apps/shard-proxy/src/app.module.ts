import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@tally/discovery';
import type { ShardProxyConfig } from './config.js';
import { PostgresModule } from './postgres/postgres.module.js';
import { SHARD, StatusController } from './status/status.controller.js';

@Module({})
export class AppModule {
  static with(config: ShardProxyConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PostgresModule.with(config),
        DiscoveryModule.with({
          service: 'shard-proxy',
          config,
          attributes: { shard: String(config.shard) },
        }),
      ],
      controllers: [StatusController],
      providers: [{ provide: SHARD, useValue: config.shard }],
    };
  }
}
