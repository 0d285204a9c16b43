import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@tally/discovery';
import type { QueryConfig } from './config.js';

@Module({})
export class AppModule {
  static with(config: QueryConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [DiscoveryModule.with({ service: 'query', config, needs: ['cluster-proxy'] })],
    };
  }
}
