import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { EventLoopLag, registerEventLoopLag } from './event-loop-lag.js';

/** prom-client looks at the event loop by itself, and cannot be asked not to: as good as never. */
const NEVER_MS = 2 ** 31 - 1;

/** The metrics of a process. */
export interface Metrics {
  /** Where a service registers its metrics; text format 0.0.4 on /metrics. */
  readonly registry: Registry;
}

/** A registry with what every Node process has, and `tally_build_info`. */
export function createMetrics(service: string, version: string): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({
    register: registry,
    eventLoopMonitoringPrecision: NEVER_MS,
  });
  registerEventLoopLag(registry, new EventLoopLag().start());
  new Gauge({
    name: 'tally_build_info',
    help: 'Always 1; the labels say which service, version and Node run.',
    labelNames: ['service', 'version', 'node'],
    registers: [registry],
  }).set({ service, version, node: process.version }, 1);
  return { registry };
}
