import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@tally/discovery';
import type { ConsoleConfig } from './config.js';

@Module({})
export class AppModule {
  static with(config: ConsoleConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [DiscoveryModule.with({ service: 'console', config, uses: ['query'] })],
    };
  }
}
