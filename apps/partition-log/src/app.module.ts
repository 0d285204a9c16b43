import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@tally/discovery';
import { HealthChecks, Lifecycle } from '@tally/service-kit';
import type { PartitionLogConfig } from './config.js';
import { LogDirectory } from './storage/log-directory.js';

@Module({})
export class AppModule {
  static with(config: PartitionLogConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [DiscoveryModule.with({ service: 'partition-log', config, owns: true })],
      providers: [
        {
          provide: LogDirectory,
          inject: [HealthChecks, Lifecycle],
          useFactory: async (health: HealthChecks, lifecycle: Lifecycle) => {
            const directory = await LogDirectory.open(config.logDir);
            lifecycle.onClose('log directory', () => directory.close());
            health.add({ name: 'log directory', probe: () => directory.probe() });
            return directory;
          },
        },
      ],
    };
  }
}
