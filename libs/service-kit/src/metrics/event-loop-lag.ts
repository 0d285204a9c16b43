import { monitorEventLoopDelay, performance, type IntervalHistogram } from 'node:perf_hooks';
import { SECOND_MS } from '@tally/contracts';
import { every } from '@tally/resilience';
import { Gauge, type Registry } from 'prom-client';

/** How often a busy event loop is looked at, in ms: a stall is seen with an error of as much. */
const CLOSE_LOOK_MS = 50;
/** How often one that rests is asked how long it worked: no stall in between was longer than that. */
const LOOK_MS = SECOND_MS;
/** Who works so long between two looks is busy. */
const BUSY_MS = 100;
/** Who did not in so many looks rests. */
const QUIET_LOOKS = 2;

/** What tells of the event loop; a test plays both. */
export interface EventLoopSource {
  /** ms that the loop has worked since the process started. */
  activeMs(): number;
  readonly delays: Pick<
    IntervalHistogram,
    'enable' | 'disable' | 'reset' | 'count' | 'min' | 'max' | 'mean' | 'stddev' | 'percentile'
  >;
}

const THIS_PROCESS = (): EventLoopSource => ({
  activeMs: () => performance.eventLoopUtilization().active,
  delays: monitorEventLoopDelay({ resolution: CLOSE_LOOK_MS }),
});

/** Seconds, since they were read before. */
export interface EventLoopDelays {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly stddev: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/**
 * How long the event loop stood still. To look closely wakes a process twenty times a second, which is
 * most of what an idle one does; so it is done while there is work. Of a loop that rests it is enough to
 * know how long it worked in all between two looks: it stood still for no longer.
 */
export class EventLoopLag {
  private isClose = false;
  private quietLooks = 0;
  private activeBefore = 0;
  private mostActiveMs = 0;

  constructor(private readonly source: EventLoopSource = THIS_PROCESS()) {
    this.activeBefore = source.activeMs();
  }

  /** Goes on by itself; ends no process later. */
  start(): this {
    every(LOOK_MS, () => this.look());
    return this;
  }

  look(): void {
    const { delays } = this.source;
    const active = this.source.activeMs();
    const since = active - this.activeBefore;
    this.activeBefore = active;
    if (!this.isClose) this.mostActiveMs = Math.max(this.mostActiveMs, since);
    this.quietLooks = since < BUSY_MS ? this.quietLooks + 1 : 0;
    if (this.isClose ? this.quietLooks < QUIET_LOOKS : this.quietLooks > 0) return;
    this.isClose = !this.isClose;
    if (this.isClose) delays.enable();
    else delays.disable();
  }

  /** Forgotten with the answer. */
  take(): EventLoopDelays {
    this.look();
    const { delays } = this.source;
    const isSeen = delays.count > 0;
    const seconds = (nanoseconds: number) => (isSeen ? nanoseconds / 1e9 : 0);
    const taken = {
      min: seconds(delays.min),
      max: Math.max(seconds(delays.max), this.mostActiveMs / 1000),
      mean: seconds(delays.mean),
      stddev: seconds(delays.stddev),
      p50: seconds(delays.percentile(50)),
      p90: seconds(delays.percentile(90)),
      p99: seconds(delays.percentile(99)),
    };
    delays.reset();
    this.mostActiveMs = 0;
    return taken;
  }
}

const HELP: Readonly<Record<keyof EventLoopDelays, string>> = {
  min: 'The minimum recorded event loop delay.',
  max: 'The longest that the event loop stood still: recorded, or at most while it rested.',
  mean: 'The mean of the recorded event loop delays.',
  stddev: 'The standard deviation of the recorded event loop delays.',
  p50: 'The 50th percentile of the recorded event loop delays.',
  p90: 'The 90th percentile of the recorded event loop delays.',
  p99: 'The 99th percentile of the recorded event loop delays.',
};

/** In place of those of prom-client, under their names. Delays are recorded while there is work. */
export function registerEventLoopLag(registry: Registry, lag: EventLoopLag): void {
  const registers = [registry];
  const replaced = (name: string) => {
    registry.removeSingleMetric(name);
    return name;
  };
  // Asked before the others, which it sets.
  const now = new Gauge({
    name: replaced('nodejs_eventloop_lag_seconds'),
    help: 'Lag of event loop in seconds.',
    registers,
    async collect() {
      const delays = lag.take();
      for (const [each, gauge] of gauges) gauge.set(delays[each]);
      const since = performance.now();
      await new Promise((resolve) => setImmediate(resolve));
      now.set((performance.now() - since) / 1000);
    },
  });
  const gauges = Object.entries(HELP).map(([each, help]) => {
    const name = replaced(`nodejs_eventloop_lag_${each}_seconds`);
    return [each as keyof EventLoopDelays, new Gauge({ name, help, registers })] as const;
  });
}
