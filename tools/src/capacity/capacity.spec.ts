import { describe, expect, it } from '@jest/globals';
import { sheetOf, type Load } from './capacity.js';
import { SERVICES } from './costs.js';

const LOAD: Load = {
  eventsPerSecond: 10_000,
  batch: 100,
  eventBytes: 130,
  activeSeries: 100_000,
  retentionDays: 90,
  logDays: 7,
  dedupSeconds: 600,
  catalogRecords: 1_000_000,
  utilisation: 0.6,
};
const partOf = (load: Load, wanted: string) => {
  const part = sheetOf(load).parts.find(({ name }) => name === wanted);
  if (part === undefined) throw new Error(`no ${wanted}`);
  return part;
};

describe('the sheet of a load', () => {
  it('takes what an event costs, and what a request costs besides', () => {
    const gateway = SERVICES.find(({ name }) => name === 'gateway');
    if (gateway === undefined) throw new Error('no gateway');
    const { eventUs, requestUs } = gateway;
    expect(partOf(LOAD, 'gateway').cores).toBeCloseTo(0.01 * eventUs + 0.0001 * requestUs, 6);
    const one = { ...LOAD, batch: 1 };
    expect(partOf(one, 'gateway').cores).toBeCloseTo(0.01 * (eventUs + requestUs), 6);
  });

  it('has nothing once alone but what can only be once, and as many as cores are wanted', () => {
    for (const name of ['gateway', 'partitioner', 'processor', 'shard-proxy', 'Postgres'])
      expect(partOf({ ...LOAD, eventsPerSecond: 1, activeSeries: 60 }, name).instances).toBe(2);
    const much = { ...LOAD, eventsPerSecond: 1_000_000 };
    for (const name of ['gateway', 'partitioner', 'processor']) {
      const { instances, cores } = partOf(much, name);
      expect(instances * LOAD.utilisation).toBeGreaterThan(cores - 1e-9);
      expect((instances - 1) * LOAD.utilisation).toBeLessThan(cores);
    }
  });

  it('has the disk of two dedup windows, and of all that was put into the catalogue', () => {
    const { generationBytes, catalogBytes } = sheetOf(LOAD);
    expect(generationBytes).toBe(2 * 10_000 * 600 * 18);
    expect(catalogBytes).toBe(1_000_000 * 300);
    expect(sheetOf({ ...LOAD, catalogRecords: 0 }).catalogBytes).toBe(0);
  });

  it('says what does not go', () => {
    expect(sheetOf(LOAD).limits).toEqual([]);
    const { limits, partitions } = sheetOf({ ...LOAD, eventsPerSecond: 10_000_000 });
    expect(limits).toEqual([expect.stringMatching(/^partition-log: .* can use 0\.6/)]);
    expect(partitions).toBeGreaterThan(100);
  });

  it('keeps rows of half a peak day, for so many days', () => {
    const { storeBytes, logBytes, shards } = sheetOf(LOAD);
    expect(storeBytes).toBe(100_000 * 1440 * 90 * 0.5 * 185);
    expect(logBytes).toBe(10_000 * 62 * 86_400 * 7 * 0.5);
    expect(shards).toBe(3);
    expect(sheetOf({ ...LOAD, retentionDays: 1 }).shards).toBe(2);
  });

  it('has room for the dedup window', () => {
    const more = partOf({ ...LOAD, dedupSeconds: 1200 }, 'processor').memoryMiB;
    const less = partOf(LOAD, 'processor').memoryMiB;
    expect(more - less).toBeCloseTo((10_000 * 600 * 40) / 2 ** 20, 6);
  });
});
