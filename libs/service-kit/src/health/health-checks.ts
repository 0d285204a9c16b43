import { atNext } from '@tally/resilience';

/** How one needed part is: `ok`, or why not. */
export interface CheckResult {
  readonly ok: boolean;
  readonly detail?: string;
}

/** How a service is, and each part that it needs by name. */
export interface HealthReport {
  /** `degraded`: serves, but a part that it can do without for a while does not answer. */
  readonly status: 'ready' | 'degraded' | 'not_ready' | 'draining';
  readonly checks: Readonly<Record<string, CheckResult>>;
}

/** A part that a service needs. */
export interface HealthCheck {
  readonly name: string;
  /** Resolves when the part answers; rejects with the reason when it does not. */
  readonly probe: (signal: AbortSignal) => Promise<void>;
  /** Without it this service is not ready; else it is degraded. Default true. */
  readonly required?: boolean;
}

/** How often parts are probed, in ms. */
export interface HealthOptions {
  /** A probe that takes longer has failed. Default 2000. */
  readonly probeTimeoutMs?: number;
  /** Time between two rounds while ready, and while not: people wait for the second. */
  readonly intervalMs?: number;
  readonly notReadyIntervalMs?: number;
}

/**
 * Probes the parts that a service needs, all at once and again and again, so that asking for
 * readiness costs nothing and a probe storm cannot reach the parts.
 */
export class HealthChecks {
  private readonly checks: HealthCheck[] = [];
  private readonly results = new Map<string, CheckResult>();
  private readonly listeners = new Set<(serving: boolean) => void>();
  private readonly options: Required<HealthOptions>;
  private endWait: () => void = () => undefined;
  private phase: 'starting' | 'running' | 'draining' = 'starting';
  private wasServing = false;

  constructor(options: HealthOptions = {}) {
    this.options = { probeTimeoutMs: 2000, intervalMs: 1000, notReadyIntervalMs: 100, ...options };
  }

  add(check: HealthCheck): void {
    if (this.checks.some(({ name }) => name === check.name)) {
      throw new Error(`two health checks have the name ${check.name}`);
    }
    this.checks.push(check);
  }

  /** From now on this service can be ready: its servers listen. */
  start(): void {
    this.phase = 'running';
    void this.round();
  }

  /** Not ready any more, for good. */
  drain(): void {
    this.phase = 'draining';
    this.endWait();
    this.announce();
  }

  /** Told at once how it is, then at every change. */
  onServing(listener: (serving: boolean) => void): void {
    this.listeners.add(listener);
    listener(this.wasServing);
  }

  get report(): HealthReport {
    const checks = Object.fromEntries(
      this.checks.map(({ name }) => [
        name,
        this.results.get(name) ?? { ok: false, detail: 'not probed yet' },
      ]),
    );
    return { status: this.status(checks), checks };
  }

  private status(checks: Readonly<Record<string, CheckResult>>): HealthReport['status'] {
    if (this.phase === 'draining') return 'draining';
    const failed = this.checks.filter(({ name }) => checks[name]?.ok !== true);
    if (this.phase === 'starting' || failed.some(({ required = true }) => required))
      return 'not_ready';
    return failed.length === 0 ? 'ready' : 'degraded';
  }

  get serving(): boolean {
    const { status } = this.report;
    return status === 'ready' || status === 'degraded';
  }

  private async round(): Promise<void> {
    const { intervalMs, notReadyIntervalMs, probeTimeoutMs } = this.options;
    // One for all probes, and none once they have answered: a deadline that passes wakes the process.
    const late = new AbortController();
    const expired = new Promise<never>((_, reject) =>
      late.signal.addEventListener('abort', () => reject(late.signal.reason as Error)),
    );
    const expiry = setTimeout(
      () => late.abort(new Error(`no answer within ${probeTimeoutMs} ms`)),
      probeTimeoutMs,
    ).unref();
    await Promise.all(this.checks.map((check) => this.probe(check, late.signal, expired)));
    clearTimeout(expiry);
    if (this.phase === 'draining') return;
    this.announce();
    this.endWait = atNext(this.serving ? intervalMs : notReadyIntervalMs, () => void this.round());
  }

  private async probe(
    { name, probe }: HealthCheck,
    signal: AbortSignal,
    expired: Promise<never>,
  ): Promise<void> {
    try {
      await Promise.race([probe(signal), expired]);
      this.results.set(name, { ok: true });
    } catch (error) {
      this.results.set(name, {
        ok: false,
        detail: error instanceof Error ? error.message : String(error),
      });
    }
  }

  private announce(): void {
    const { serving } = this;
    if (serving === this.wasServing) return;
    this.wasServing = serving;
    for (const listener of this.listeners) listener(serving);
  }
}
