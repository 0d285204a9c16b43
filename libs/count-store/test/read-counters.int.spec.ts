import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeCounterRows, type shardProxy } from '@tally/contracts';
import type pg from 'pg';
import { applyDelta, readCounters, type InSteps } from '../src/index.js';
import { PostgresFixture } from './support/database.js';
import { delta, everySlot, instant, row, subjectId, TOPIC } from './support/requests.js';

const postgres = new PostgresFixture();
let pool: pg.Pool;
beforeAll(async () => {
  pool = await postgres.startShard();
}, 120_000);
afterAll(() => postgres.stop(), 60_000);
beforeEach(() => postgres.owner.query('TRUNCATE minute_counters, coverage'));

/** How many steps the last answer took. */
let steps = 0;
const counted: InSteps = async (all) => {
  for (steps = 1; ; steps++) {
    const step = all.next();
    if (step.done === true) return step.value;
  }
};

describe('a reader', () => {
  const question = (more: Partial<shardProxy.ReadCountersRequest> = {}) => ({
    seriesIds: Buffer.concat([subjectId('b'), subjectId('nobody'), subjectId('a')]),
    fromMinute: '0',
    toMinute: '10000',
    granularity: 'GRANULARITY_MINUTE' as const,
    maxRows: 0,
    topics: [{ topic: TOPIC, partitions: 2 }],
    ...more,
  });
  async function read(more: Partial<shardProxy.ReadCountersRequest> = {}) {
    const { rows, asOfMs } = await readCounters(pool, question(more), everySlot, counted);
    const decoded = decodeCounterRows(rows) ?? [];
    return {
      asOfMs,
      rows: decoded.map(({ index, startMinute, count, sum }) =>
        [index, startMinute, count, sum].join(' '),
      ),
    };
  }
  beforeEach(async () => {
    const rows = [0, 59, 60, 1440, 2000].flatMap((minute) => [
      row('a', minute, { valued: 1n, sum: -1n, min: -1n, max: -1n }),
      row('b', minute, { count: 2n, retention: 0 }),
      row('b', minute, { count: 5n, retention: 1 }),
    ]);
    await applyDelta(pool, delta({ 0: [[0, 1]] }, rows, { instants: [instant(0, 100)] }));
  });

  it('gets windows of every granularity, by index and time, over all retention classes', async () => {
    expect((await read({ fromMinute: '59', toMinute: '1440' })).rows).toEqual([
      '0 59 7 0',
      '0 60 7 0',
      '2 59 1 -1',
      '2 60 1 -1',
    ]);
    expect((await read({ granularity: 'GRANULARITY_HOUR', toMinute: '1441' })).rows).toEqual([
      '0 0 14 0',
      '0 60 7 0',
      '0 1440 7 0',
      '2 0 2 -2',
      '2 60 1 -1',
      '2 1440 1 -1',
    ]);
    expect((await read({ granularity: 'GRANULARITY_DAY' })).rows).toEqual([
      '0 0 21 0',
      '0 1440 14 0',
      '2 0 3 -3',
      '2 1440 2 -2',
    ]);
    expect((await read({ granularity: 'GRANULARITY_TOTAL', fromMinute: '1' })).rows).toEqual([
      '0 0 28 0',
      '2 0 4 -4',
    ]);
  });

  it('gets the instant to which all partitions are complete, or none', async () => {
    expect((await read()).asOfMs).toBeUndefined();
    await applyDelta(pool, delta({ 1: [[0, 1]] }));
    expect((await read()).asOfMs).toBeUndefined();
    await applyDelta(pool, delta({}, [], { instants: [instant(1, 90)] }));
    expect((await read()).asOfMs).toBe('90');
    expect(await read({ seriesIds: Buffer.alloc(0) })).toEqual({ asOfMs: '90', rows: [] });
    expect((await read({ topics: [] })).asOfMs).toBeUndefined();
  });

  it('gets no part of an answer that is too large', async () => {
    await pool.query(
      `INSERT INTO minute_counters SELECT $1, minute, 5, 1, 0, 0 FROM generate_series(1, 200001) AS minute`,
      [subjectId('long').toString('hex')],
    );
    const long = { seriesIds: subjectId('long'), toMinute: '200002' };
    await expect(read(long)).rejects.toMatchObject({ code: 'payload_too_large' });
    // Written in steps, between which others have their turn: there are as many as there may be.
    expect((await read({ ...long, toMinute: '200001' })).rows).toHaveLength(200_000);
    expect(steps).toBeGreaterThan(700);
    await expect(read({ ...long, toMinute: '5', maxRows: 3 })).rejects.toThrow(
      'more than 3 windows',
    );
    expect((await read({ ...long, toMinute: '4', maxRows: 3 })).rows).toHaveLength(3);
    expect(steps).toBe(1);
  }, 60_000);

  it('is refused what cannot be asked', async () => {
    for (const more of [
      { seriesIds: Buffer.alloc(15) },
      { granularity: 'GRANULARITY_UNSPECIFIED' as const },
      {
        topics: [
          { topic: TOPIC, partitions: 1 },
          { topic: TOPIC, partitions: 2 },
        ],
      },
    ])
      await expect(read(more)).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(readCounters(pool, question(), () => false, counted)).rejects.toThrow(
      'not of this shard',
    );
  });
});
