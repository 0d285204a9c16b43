import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { EventLoopLag, registerEventLoopLag } from './event-loop-lag.js';

/** A loop whose work the test tells, and which is looked at closely or not. */
class PlayedLoop {
  active = 1000;
  isClose = false;
  readonly delays = {
    count: 0,
    min: 0,
    max: 0,
    mean: 0,
    stddev: 0,
    percentile: () => 0,
    enable: () => (this.isClose = true),
    disable: () => {
      this.isClose = false;
      return true;
    },
    reset: () => Object.assign(this.delays, { count: 0, max: 0 }),
  };
  activeMs = () => this.active;
}

function look(loop: PlayedLoop, lag: EventLoopLag, ...works: readonly number[]): void {
  for (const ms of works) {
    loop.active += ms;
    lag.look();
  }
}

describe('the lag of an event loop', () => {
  it('is at most what a loop that rests has worked between two looks, and nobody looks closely', () => {
    const loop = new PlayedLoop();
    const lag = new EventLoopLag(loop);
    look(loop, lag, 1, 7, 3);
    expect(loop.isClose).toBe(false);
    expect(lag.take()).toMatchObject({ max: 0.007, min: 0, p99: 0 });
    expect(lag.take().max).toBe(0);
  });

  it('is seen with the first work of a loop that rested, and looked at closely from then on', () => {
    const loop = new PlayedLoop();
    const lag = new EventLoopLag(loop);
    look(loop, lag, 1, 240);
    expect(loop.isClose).toBe(true);
    expect(lag.take().max).toBe(0.24);
    // What is recorded counts from there on, not how much it works.
    Object.assign(loop.delays, { count: 5, max: 60e6 });
    look(loop, lag, 240, 240);
    expect(lag.take().max).toBe(0.06);
  });

  it('is looked at closely until the loop has rested for some looks in a row', () => {
    const loop = new PlayedLoop();
    const lag = new EventLoopLag(loop);
    look(loop, lag, 240, 0, 240);
    expect(loop.isClose).toBe(true);
    look(loop, lag, 0);
    expect(loop.isClose).toBe(true);
    look(loop, lag, 0);
    expect(loop.isClose).toBe(false);
  });

  it('of this process is a stall, in the first answer behind it', async () => {
    const registry = new Registry();
    registerEventLoopLag(registry, new EventLoopLag());
    await new Promise((resolve) => setImmediate(resolve));
    for (const until = performance.now() + 60; performance.now() < until;);
    await new Promise((resolve) => setImmediate(resolve));
    const text = await registry.metrics();
    const max = /^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text)?.[1];
    expect(Number(max)).toBeGreaterThanOrEqual(0.06);
    for (const name of ['', 'min_', 'mean_', 'stddev_', 'p50_', 'p90_', 'p99_'])
      expect(text).toMatch(new RegExp(`^nodejs_eventloop_lag_${name}seconds [\\d.e-]+$`, 'm'));
  });
});
