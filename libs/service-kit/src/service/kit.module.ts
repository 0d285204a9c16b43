import { Global, Module, type DynamicModule } from '@nestjs/common';
import { HealthChecks } from '../health/health-checks.js';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import type { Logger } from '../logging/logger.js';
import type { Metrics } from '../metrics/metrics.js';
import type { TlsFiles } from '../tls/tls-files.js';

/** Injects the `Logger` of the service. */
export const LOGGER = Symbol('logger');
/** Injects `Metrics`. */
export const METRICS = Symbol('metrics');
/** Injects `TlsFiles`, or undefined where services do not speak TLS. */
export const TLS = Symbol('tls');

/** What every service has. */
export interface ServiceKit {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: HealthChecks;
  readonly lifecycle: Lifecycle;
  /** undefined: connections are not encrypted. */
  readonly tls: TlsFiles | undefined;
}

/** Makes the kit injectable everywhere: `Lifecycle`, `HealthChecks`, LOGGER, METRICS, TLS. */
@Global()
@Module({})
export class KitModule {
  static with({ logger, metrics, health, lifecycle, tls }: ServiceKit): DynamicModule {
    const providers = [
      { provide: LOGGER, useValue: logger },
      { provide: METRICS, useValue: metrics },
      { provide: HealthChecks, useValue: health },
      { provide: Lifecycle, useValue: lifecycle },
      { provide: TLS, useFactory: () => tls },
    ];
    return { module: KitModule, providers, exports: providers };
  }
}
