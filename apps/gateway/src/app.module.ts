import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@tally/discovery';
import type { GatewayConfig } from './config.js';

@Module({})
export class AppModule {
  static with(config: GatewayConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        DiscoveryModule.with({ service: 'gateway', config, needs: ['partitioner', 'query'] }),
      ],
    };
  }
}
