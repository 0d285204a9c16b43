import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/**
 * How often the event loop is looked at, in ms: a stall is seen with an error of as much. Each look
 * wakes the process, also when nothing happens.
 */
const EVENT_LOOP_LOOK_MS = 50;

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
    eventLoopMonitoringPrecision: EVENT_LOOP_LOOK_MS,
  });
  new Gauge({
    name: 'tally_build_info',
    help: 'Always 1; the labels say which service, version and Node run.',
    labelNames: ['service', 'version', 'node'],
    registers: [registry],
  }).set({ service, version, node: process.version }, 1);
  return { registry };
}
