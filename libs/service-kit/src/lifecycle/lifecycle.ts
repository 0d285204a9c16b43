import { setTimeout as delay } from 'node:timers/promises';
import type { HealthChecks } from '../health/health-checks.js';
import type { Logger } from '../logging/logger.js';

interface Resource {
  readonly name: string;
  readonly close: () => Promise<void> | void;
}

/** The bounds of a drain in ms, and whom it tells. */
export interface LifecycleOptions {
  readonly health: HealthChecks;
  readonly logger: Logger;
  readonly drainDelayMs: number;
  readonly drainTimeoutMs: number;
}

/**
 * The end of a process: readiness off, a delay so that callers see it, then everything that was
 * opened is closed in reverse order (servers finish the work in flight), within a bounded time.
 */
export class Lifecycle {
  private readonly resources: Resource[] = [];
  private readonly whenListening: (() => Promise<void> | void)[] = [];
  private readonly whenDraining: (() => void)[] = [];
  private draining: Promise<'drained' | 'timed out'> | undefined;

  constructor(private readonly options: LifecycleOptions) {}

  /** Call right after opening something; closes run in reverse order of these calls. */
  onClose(name: string, close: () => Promise<void> | void): void {
    this.resources.push({ name, close });
  }

  /** Runs once the servers of this process listen. */
  onListening(action: () => Promise<void> | void): void {
    this.whenListening.push(action);
  }

  /** Runs when it begins to drain, before the delay in which it goes on serving. */
  onDrain(action: () => void): void {
    this.whenDraining.push(action);
  }

  /** Does nothing where it drains already: whoever was told to end while it started is not announced. */
  async listening(): Promise<void> {
    if (this.isDraining) return;
    for (const action of this.whenListening) await action();
    if (!this.isDraining) this.options.health.start();
  }

  get isDraining(): boolean {
    return this.draining !== undefined;
  }

  /** Called twice, it drains once. */
  drain(): Promise<'drained' | 'timed out'> {
    this.draining ??= this.drainOnce();
    return this.draining;
  }

  private async drainOnce(): Promise<'drained' | 'timed out'> {
    const { health, logger, drainDelayMs, drainTimeoutMs } = this.options;
    health.drain();
    for (const action of this.whenDraining) action();
    const cancel = new AbortController();
    const expired = delay(drainDelayMs + drainTimeoutMs, 'timed out' as const, {
      signal: cancel.signal,
    });
    const closed = delay(drainDelayMs)
      .then(() => this.closeAll())
      .then(() => 'drained' as const);
    const outcome = await Promise.race([closed, expired.catch(() => 'drained' as const)]);
    cancel.abort();
    if (outcome === 'timed out')
      logger.error(
        { open: this.resources.map(({ name }) => name), drainTimeoutMs },
        'not drained in time',
      );
    return outcome;
  }

  private async closeAll(): Promise<void> {
    for (
      let resource = this.resources.at(-1);
      resource !== undefined;
      resource = this.resources.at(-1)
    ) {
      try {
        await resource.close();
      } catch (error) {
        // The rest must still be closed.
        this.options.logger.error({ error, resource: resource.name }, 'could not be closed');
      }
      this.resources.pop();
    }
  }
}
