import { Gauge, type Registry } from 'prom-client';

/** What remembers how long each stage of long work held the event loop, in ms, until it is asked. */
export interface Holds {
  take(stage: string): number;
}

/**
 * The metric `tally_<service>_longest_hold_seconds{stage}`, of long work that is done in steps. `stages`
 * has in a few words what each one is.
 */
export function registerLongestHolds(
  registry: Registry,
  service: string,
  stages: Readonly<Record<string, string>>,
  holds: Holds,
): void {
  const described = Object.entries(stages).map(([stage, what]) => `${stage} (${what})`);
  const longest = new Gauge({
    name: `tally_${service}_longest_hold_seconds`,
    help: `Longest time since the last scrape that long work held the event loop without a pause, by stage: ${described.join(' or ')}.`,
    labelNames: ['stage'],
    registers: [registry],
    collect() {
      for (const stage of Object.keys(stages)) longest.set({ stage }, holds.take(stage) / 1000);
    },
  });
}
