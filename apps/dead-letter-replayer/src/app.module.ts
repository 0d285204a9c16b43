import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@tally/discovery';
import type { DeadLetterReplayerConfig } from './config.js';

@Module({})
export class AppModule {
  static with(config: DeadLetterReplayerConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        DiscoveryModule.with({
          service: 'dead-letter-replayer',
          config,
          uses: ['cluster-proxy'],
          owns: true,
        }),
      ],
    };
  }
}
