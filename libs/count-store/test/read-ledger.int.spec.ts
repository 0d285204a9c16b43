import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { shardProxy } from '@tally/contracts';
import type pg from 'pg';
import { applyDelta, readLedger } from '../src/index.js';
import { PostgresFixture } from './support/database.js';
import { delta, TOPIC } from './support/requests.js';

const postgres = new PostgresFixture();
let pool: pg.Pool;

const entry = (partition: number, hour: number, counted: number): shardProxy.LedgerEntry => ({
  partition: { topic: TOPIC, partition },
  hour,
  counted: String(counted),
  duplicates: '1',
  conflicting: '2',
  tooLate: '3',
  dead: '4',
  expired: '5',
});

beforeAll(async () => {
  pool = await postgres.startShard();
  const first = [entry(0, 9, 10), entry(1, 9, 20), entry(1, 11, 30)];
  await applyDelta(pool, delta({ 0: [[0, 1]], 1: [[0, 1]] }, [], { ledger: first }));
  await applyDelta(pool, delta({ 1: [[1, 2]] }, [], { ledger: [entry(1, 11, 12)] }));
}, 120_000);
afterAll(() => postgres.stop(), 60_000);

const counted = async (fromHour: number, toHour: number, partition?: number) => {
  const { hours } = await readLedger(pool, { fromHour, toHour, partition });
  return hours.map((one) => [one.hour, one.counted]);
};

describe('the ledger of a shard', () => {
  it('is read by hour, with all fates of all partitions', async () => {
    expect(await readLedger(pool, { fromHour: 0, toHour: 12 })).toEqual({
      hours: [
        {
          hour: 9,
          counted: '30',
          duplicates: '2',
          conflicting: '4',
          tooLate: '6',
          dead: '8',
          expired: '10',
          replayed: '0',
        },
        expect.objectContaining({ hour: 11, counted: '42', conflicting: '4' }),
      ],
    });
  });

  it('is read from an hour to another, which does not belong to it, and of one partition', async () => {
    expect(await counted(9, 11)).toEqual([[9, '30']]);
    expect(await counted(10, 12)).toEqual([[11, '42']]);
    expect(await counted(0, 100, 0)).toEqual([[9, '10']]);
    expect(await counted(0, 100, 7)).toEqual([]);
  });

  it('is not read for more hours than an answer has', async () => {
    await expect(counted(0, 745)).rejects.toMatchObject({ code: 'out_of_range' });
    await expect(counted(2 ** 32 - 2, 2 ** 32 - 1)).rejects.toMatchObject({
      code: 'invalid_argument',
    });
  });
});
