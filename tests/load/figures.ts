import type { Interval } from './profile.js';

/** The value below which this share of them lies; 0 without any. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** What one process used. */
export interface Usage {
  readonly name: string;
  /** Microseconds per event. */
  readonly cpu: number;
  readonly peakBytes: number;
}

/** What one run of one candidate showed. */
export interface Run {
  readonly candidate: string;
  readonly events: number;
  readonly acknowledgedPerSecond: number;
  /** Until the last event is in the answers. */
  readonly countedPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly refused: number;
  /** Age of answers while it ran, in ms; empty where an answer is never old. */
  readonly ages: readonly number[];
  readonly usage: readonly Usage[];
  /** When it was measured. */
  readonly interval: Interval;
}

const whole = (value: number) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ');

export function cpuOfRun({ usage }: Run): number {
  return usage.reduce((sum, { cpu }) => sum + cpu, 0);
}

/** One line a run. */
export function describeRun(run: Run): string {
  const { candidate, acknowledgedPerSecond, countedPerSecond, p50, p99, refused, ages } = run;
  return [
    `${candidate}: ${whole(acknowledgedPerSecond)} events/s acknowledged, ${whole(countedPerSecond)} counted`,
    `requests p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms${refused > 0 ? `, ${refused} refused and sent again` : ''}`,
    ...(ages.length > 0
      ? [
          `answers are ${whole(percentile(ages, 0.5))} ms old (p99 ${whole(percentile(ages, 0.99))})`,
        ]
      : []),
    `CPU ${cpuOfRun(run).toFixed(1)} µs per event`,
  ].join('; ');
}

/** What each service used: the CPU of all its processes, the memory of the largest one. */
export function describeUsage({ usage }: Run): string[] {
  const services = new Map<string, Usage[]>();
  for (const one of usage) {
    const service = one.name.replace(/-\d+$/, '');
    services.set(service, [...(services.get(service) ?? []), one]);
  }
  return [...services].map(([name, of]) => {
    const cpu = of.reduce((sum, one) => sum + one.cpu, 0);
    const peakBytes = Math.max(...of.map((one) => one.peakBytes));
    return `  ${(of.length === 1 ? name : `${name}, ${of.length}`).padEnd(22)} ${cpu.toFixed(2).padStart(8)} µs per event, at most ${whole(peakBytes / 2 ** 20).padStart(5)} MiB`;
  });
}

/** Medians of one candidate against another's. */
export function ratios(runs: readonly Run[], of: string, against: string): string {
  const median = (candidate: string, figure: (run: Run) => number) =>
    percentile(runs.filter((run) => run.candidate === candidate).map(figure), 0.5);
  const ratio = (figure: (run: Run) => number) =>
    (median(of, figure) / median(against, figure)).toFixed(2);
  return `${of} / ${against}, medians: ${ratio((run) => run.countedPerSecond)} × events/s counted, ${ratio((run) => run.acknowledgedPerSecond)} × acknowledged, ${ratio(cpuOfRun)} × CPU per event, ${ratio((run) => run.p99)} × p99`;
}
