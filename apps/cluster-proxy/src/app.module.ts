import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@tally/discovery';
import type { ClusterProxyConfig } from './config.js';
import { StatusController } from './status/status.controller.js';

@Module({})
export class AppModule {
  static with(config: ClusterProxyConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [DiscoveryModule.with({ service: 'cluster-proxy', config, needs: ['shard-proxy'] })],
      controllers: [StatusController],
    };
  }
}
