import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@tally/discovery';
import type { RollupConfig } from './config.js';

@Module({})
export class AppModule {
  static with(config: RollupConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        DiscoveryModule.with({ service: 'rollup', config, uses: ['cluster-proxy'], owns: true }),
      ],
    };
  }
}
