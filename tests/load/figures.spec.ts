import { describe, expect, it } from '@jest/globals';
import { describeUsage, type Run } from './figures.js';

const run: Run = {
  candidate: 'Tally',
  events: 1,
  acknowledgedPerSecond: 1,
  countedPerSecond: 1,
  p50: 1,
  p99: 1,
  refused: 0,
  ages: [],
  usage: [
    { name: 'gateway', cpu: 1.25, peakBytes: 100 << 20 },
    { name: 'shard-proxy', cpu: 0.5, peakBytes: 90 << 20 },
    { name: 'gateway-1', cpu: 0.5, peakBytes: 200 << 20 },
    { name: 'gateway-2', cpu: 0.25, peakBytes: 50 << 20 },
  ],
  interval: { from: 0, to: 1 },
};

describe('what a run used', () => {
  it('is shown by service: the CPU of all its processes, the memory of the largest', () => {
    expect(describeUsage(run).map((line) => line.trim().replaceAll(/ +/g, ' '))).toEqual([
      'gateway, 3 2.00 µs per event, at most 200 MiB',
      'shard-proxy 0.50 µs per event, at most 90 MiB',
    ]);
  });
});
