import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { HealthChecks } from '../health/health-checks.js';
import { Lifecycle } from './lifecycle.js';

function lifecycle(drainTimeoutMs = 1000) {
  const health = new HealthChecks({ intervalMs: 1 });
  const logger = pino({ level: 'silent' });
  return { health, lifecycle: new Lifecycle({ health, logger, drainDelayMs: 0, drainTimeoutMs }) };
}

describe('Lifecycle', () => {
  it('turns readiness off first, then closes in reverse order, each after the one before has ended', async () => {
    const { health, lifecycle: life } = lifecycle();
    const order: string[] = [];
    for (const name of ['postgres', 'server', 'registration']) {
      life.onClose(name, async () => {
        order.push(`${name} closing, ${health.report.status}`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`${name} closed`);
      });
    }
    expect(await life.drain()).toBe('drained');
    expect(order).toEqual([
      'registration closing, draining',
      'registration closed',
      'server closing, draining',
      'server closed',
      'postgres closing, draining',
      'postgres closed',
    ]);
  });

  it('tells those who go on serving at once, before anything is closed', async () => {
    const { health, lifecycle: life } = lifecycle();
    const order: string[] = [];
    life.onClose('server', () => void order.push('closed'));
    life.onDrain(() => void order.push(`told, ${health.report.status}`));
    const drained = life.drain();
    expect(order).toEqual(['told, draining']);
    await drained;
    expect(order).toEqual(['told, draining', 'closed']);
  });

  it('announces nobody who was told to end while it started', async () => {
    const { health, lifecycle: life } = lifecycle();
    let announced = false;
    life.onListening(() => void (announced = true));
    const drained = life.drain();
    await life.listening();
    expect(await drained).toBe('drained');
    expect([announced, health.report.status]).toEqual([false, 'draining']);
  });

  it('drains once, however often it is asked', async () => {
    const { lifecycle: life } = lifecycle();
    let closed = 0;
    life.onClose('pool', () => void closed++);
    expect(await Promise.all([life.drain(), life.drain()])).toEqual(['drained', 'drained']);
    expect(closed).toBe(1);
  });

  it('closes the rest when one cannot be closed', async () => {
    const { lifecycle: life } = lifecycle();
    const closed: string[] = [];
    life.onClose('first', () => void closed.push('first'));
    life.onClose('second', () => Promise.reject(new Error('stuck')));
    expect(await life.drain()).toBe('drained');
    expect(closed).toEqual(['first']);
  });

  it('gives up when work in flight takes longer than the drain timeout', async () => {
    const { lifecycle: life } = lifecycle(5);
    life.onClose('server', () => new Promise<void>(() => undefined));
    expect(await life.drain()).toBe('timed out');
  });
});
