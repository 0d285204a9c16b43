import { describe, expect, it } from '@jest/globals';
import { HealthChecks } from './health-checks.js';

const fast = { intervalMs: 1, notReadyIntervalMs: 1, probeTimeoutMs: 20 };

/** Resolves when serving becomes `wanted`. */
function becomes(health: HealthChecks, wanted: boolean): Promise<void> {
  return new Promise((resolve) => {
    health.onServing((serving) => {
      if (serving === wanted) resolve();
    });
  });
}

describe('HealthChecks', () => {
  it('is not ready before it was started, and then as soon as every required part answers', async () => {
    const health = new HealthChecks(fast);
    let postgres = false;
    health.add({
      name: 'postgres',
      probe: () => (postgres ? Promise.resolve() : Promise.reject(new Error('connection refused'))),
    });
    expect(health.report).toEqual({
      status: 'not_ready',
      checks: { postgres: { ok: false, detail: 'not probed yet' } },
    });
    health.start();
    await new Promise((resolve) => setImmediate(resolve));
    expect(health.report.checks).toEqual({ postgres: { ok: false, detail: 'connection refused' } });
    postgres = true;
    await becomes(health, true);
    expect(health.report).toEqual({ status: 'ready', checks: { postgres: { ok: true } } });
    health.drain();
  });

  it('is degraded, not unready, without a part that is not required', async () => {
    const health = new HealthChecks(fast);
    health.add({ name: 'cache', required: false, probe: () => Promise.reject(new Error('gone')) });
    health.start();
    await becomes(health, true);
    expect(health.report).toEqual({
      status: 'degraded',
      checks: { cache: { ok: false, detail: 'gone' } },
    });
    health.drain();
  });

  it('counts a probe that hangs as failed', async () => {
    const health = new HealthChecks(fast);
    let hang = false;
    health.add({
      name: 'log',
      probe: () => (hang ? new Promise<void>(() => undefined) : Promise.resolve()),
    });
    health.start();
    await becomes(health, true);
    hang = true;
    await becomes(health, false);
    expect(health.report.checks).toEqual({ log: { ok: false, detail: 'no answer within 20 ms' } });
    health.drain();
  });

  it('says draining for good once it drains, and tells', async () => {
    const health = new HealthChecks(fast);
    health.start();
    await becomes(health, true);
    const told = becomes(health, false);
    health.drain();
    await told;
    expect(health.report.status).toBe('draining');
  });
});
