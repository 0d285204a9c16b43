import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@tally/discovery';
import type { AuditorConfig } from './config.js';

@Module({})
export class AppModule {
  static with(config: AuditorConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [DiscoveryModule.with({ service: 'auditor', config, uses: ['query'], owns: true })],
    };
  }
}
