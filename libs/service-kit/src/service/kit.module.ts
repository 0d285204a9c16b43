import { Global, Module, type DynamicModule } from '@nestjs/common';
import { HealthChecks } from '../health/health-checks.js';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import type { Logger } from '../logging/logger.js';
import type { Metrics } from '../metrics/metrics.js';

/** Injects the `Logger` of the service. */
export const LOGGER = Symbol('logger');
/** Injects `Metrics`. */
export const METRICS = Symbol('metrics');

/** What every service has. */
export interface ServiceKit {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: HealthChecks;
  readonly lifecycle: Lifecycle;
}

/** Makes the kit injectable everywhere: `Lifecycle`, `HealthChecks`, LOGGER, METRICS. */
@Global()
@Module({})
export class KitModule {
  static with({ logger, metrics, health, lifecycle }: ServiceKit): DynamicModule {
    const providers = [
      { provide: LOGGER, useValue: logger },
      { provide: METRICS, useValue: metrics },
      { provide: HealthChecks, useValue: health },
      { provide: Lifecycle, useValue: lifecycle },
    ];
    return { module: KitModule, providers, exports: providers };
  }
}
