import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@tally/discovery';
import type { ProcessorConfig } from './config.js';

@Module({})
export class AppModule {
  static with(config: ProcessorConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        DiscoveryModule.with({
          service: 'processor',
          config,
          needs: ['cluster-proxy'],
          owns: true,
        }),
      ],
    };
  }
}
