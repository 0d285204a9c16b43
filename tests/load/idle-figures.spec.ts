import { describe, expect, it } from '@jest/globals';
import { describeIdle } from './idle-figures.js';
import { memoryByShare } from './process-usage.js';

const MIB = 2 ** 20;
const process = (name: string, cpuMs: number, rssMib: number, pssMib: number) => ({
  name,
  cpu: cpuMs * 1000,
  rssBytes: rssMib * MIB,
  pssBytes: pssMib * MIB,
});

describe('figures of an idle stack', () => {
  it('are percent of one core and MiB, ours apart from those of the servers, the busiest first', () => {
    const usage = [
      process('gateway', 60, 80, 40),
      process('processor', 600, 100, 60),
      process('postgres-0', 120, 300, 90),
      process('redis', 30, 10, 9),
    ];
    const [title, ...lines] = describeIdle(usage, 60);
    expect(title).toContain('60 s');
    expect(lines.map((line) => line.trim().replace(/ +/g, ' '))).toEqual([
      'processor 1.00 % 100 MiB 60 MiB',
      'postgres-0 0.20 % 300 MiB 90 MiB',
      'gateway 0.10 % 80 MiB 40 MiB',
      'redis 0.05 % 10 MiB 9 MiB',
      "Tally's own 1.10 % 180 MiB 100 MiB",
      'Postgres, ZooKeeper, Redis 0.25 % 310 MiB 99 MiB',
    ]);
  });

  it('read memory as the kernel sums it up', () => {
    const rollup = [
      '00400000-7ffe rw-p 00000000 00:00 0    [rollup]',
      'Rss:               82944 kB',
      'Pss:               41472 kB',
      'Pss_Dirty:          1024 kB',
    ].join('\n');
    expect(memoryByShare(rollup)).toEqual({ rssBytes: 81 * MIB, pssBytes: 40.5 * MIB });
  });
});
