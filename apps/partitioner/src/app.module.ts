import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@tally/discovery';
import type { PartitionerConfig } from './config.js';

@Module({})
export class AppModule {
  static with(config: PartitionerConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [DiscoveryModule.with({ service: 'partitioner', config })],
    };
  }
}
