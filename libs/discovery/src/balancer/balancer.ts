import { InstanceHealth, type EjectionOptions, type Outcome } from '@tally/resilience';
import type { ServiceInstance } from '../registry/service-instance.js';

/** Clock, chance, and when instances are spared; the defaults of ejection are the Balancer's. */
export interface BalancerOptions extends Partial<EjectionOptions> {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** 0 ≤ random() < 1. */
  readonly random: () => number;
}

/** A picked instance, for the time of one call. */
export interface Lease {
  readonly instance: ServiceInstance;
  /** Call it when the call has ended, however it did; only the first time counts. */
  release(outcome: Outcome): void;
}

interface Entry {
  instance: ServiceInstance;
  readonly health: InstanceHealth;
}

/**
 * Spreads calls: the one with fewer calls in flight of two random healthy instances ("power of two
 * choices", Mitzenmacher 2001). Ejects instances that fail, lets one call probe each when its time
 * is up, and when all are ejected picks one of them all the same: a wrong verdict about everybody is
 * likelier than everybody being down. No I/O.
 */
export class Balancer {
  private readonly ejection: EjectionOptions;
  private entries: ReadonlyArray<Entry> = [];

  constructor(private readonly options: BalancerOptions) {
    const { failuresToEject = 3, minEjectionMs = 1000, maxEjectionMs = 30_000 } = options;
    this.ejection = { failuresToEject, minEjectionMs, maxEjectionMs };
  }

  /** The instances there are now. Those that stay keep their state; a restarted one is new. */
  update(instances: ReadonlyArray<ServiceInstance>): void {
    const known = new Map(this.entries.map((entry) => [processOf(entry.instance), entry]));
    this.entries = instances.map((instance) => {
      const entry = known.get(processOf(instance));
      if (entry === undefined) {
        return { instance, health: new InstanceHealth(this.ejection, this.options.now) };
      }
      entry.instance = instance;
      return entry;
    });
  }

  /** Picks among the instances that `select` accepts; undefined when it accepts none. */
  acquire(select: (instance: ServiceInstance) => boolean = () => true): Lease | undefined {
    const entry = this.pick(this.entries.filter(({ instance }) => select(instance)));
    return entry && { instance: entry.instance, release: entry.health.begin() };
  }

  private pick(entries: ReadonlyArray<Entry>): Entry | undefined {
    // Before the healthy ones, else an instance would never come back.
    const due = entries.find(({ health }) => health.isProbeDue);
    if (due !== undefined) return due;
    const healthy = entries.filter(({ health }) => health.isHealthy);
    return this.lessLoaded(healthy.length > 0 ? healthy : entries);
  }

  private lessLoaded(entries: ReadonlyArray<Entry>): Entry | undefined {
    const first = this.below(entries.length);
    // Of the others, so that two different ones are compared.
    const second = (first + 1 + this.below(entries.length - 1)) % entries.length;
    const [left, right] = [entries[first], entries[second]];
    if (left === undefined || right === undefined) return left;
    return right.health.inFlight < left.health.inFlight ? right : left;
  }

  private below(bound: number): number {
    return Math.floor(this.options.random() * bound);
  }
}

function processOf({ id, startedAt, host, grpcPort }: ServiceInstance): string {
  return JSON.stringify([id, startedAt, host, grpcPort]);
}
