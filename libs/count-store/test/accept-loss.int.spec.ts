import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { shardProxy } from '@tally/contracts';
import { eventually } from '@tally/testing';
import type pg from 'pg';
import { acceptLoss, applyDelta, listLosses, readCoverage } from '../src/index.js';
import { PostgresFixture } from './support/database.js';
import { delta, lossOf, row, TOPIC } from './support/requests.js';

const postgres = new PostgresFixture();
let pool: pg.Pool;
beforeAll(async () => {
  pool = await postgres.startShard();
}, 120_000);
afterAll(() => postgres.stop(), 60_000);
beforeEach(async () => {
  await postgres.owner.query('TRUNCATE minute_counters, series, coverage, ledger, accepted_losses');
});

async function covered(): Promise<string> {
  const { coverage } = await readCoverage(pool, [{ topic: TOPIC, partition: 0 }]);
  return coverage.flatMap(({ ranges }) => ranges.map(({ from, to }) => `${from}-${to}`)).join(' ');
}

describe('an accepted loss', () => {
  it('covers exactly what was not covered, and says how many records that is', async () => {
    await applyDelta(
      pool,
      delta(
        {
          0: [
            [0, 3],
            [5, 7],
          ],
        },
        [row('a', 1)],
      ),
    );
    const booked = await acceptLoss(pool, lossOf(0, 2, 10));
    expect(booked).toEqual({ ...lossOf(0, 2, 10), lostRecords: '5' });
    expect(await covered()).toBe('0-10');
    const { rows } = await pool.query('SELECT count FROM minute_counters');
    expect(rows).toEqual([{ count: '1' }]);
  });

  it('is booked once, as it was said first', async () => {
    const first = await acceptLoss(pool, lossOf(0, 2, 10));
    const again = { ...lossOf(0, 2, 10), acceptedBy: 'bob', acceptedAtMs: '1795870000000' };
    expect(await acceptLoss(pool, again)).toEqual(first);
    expect(await listLosses(pool)).toEqual([{ ...lossOf(0, 2, 10), lostRecords: '8' }]);
  });

  it('counts no record twice when ranges overlap, so that losses add up', async () => {
    await acceptLoss(pool, lossOf(0, 5, 10));
    await acceptLoss(pool, lossOf(0, 0, 12));
    await acceptLoss(pool, lossOf(1, 0, 1));
    const losses = await listLosses(pool);
    expect(losses.map(({ from, to, lostRecords }) => [from, to, lostRecords])).toEqual([
      ['0', '12', '7'],
      ['5', '10', '5'],
      ['0', '1', '1'],
    ]);
  });

  it('is told with what is covered, and to nobody else', async () => {
    await acceptLoss(pool, lossOf(0, 5, 10));
    await acceptLoss(pool, lossOf(0, 7, 12));
    const answer = await readCoverage(pool, [
      { topic: TOPIC, partition: 0 },
      { topic: TOPIC, partition: 1 },
    ]);
    expect(answer.acceptedLosses).toEqual([
      { partition: { topic: TOPIC, partition: 0 }, ranges: [{ from: '5', to: '12' }] },
    ]);
  });

  it('waits for a delta of its partition, and covers what that left', async () => {
    await applyDelta(pool, delta({ 0: [[0, 1]] }));
    const other = await pool.connect();
    await other.query('BEGIN');
    await other.query(`UPDATE coverage SET covered = '{[0,4)}' WHERE partition = 0`);
    const accepting = acceptLoss(pool, lossOf(0, 0, 10));
    await eventually('the loss waits', async () => {
      const { rowCount } = await postgres.owner.query(
        "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%accepted_losses%'",
      );
      return rowCount === 1;
    });
    await other.query('COMMIT');
    other.release();
    expect((await accepting).lostRecords).toBe('6');
    expect(await covered()).toBe('0-10');
  });

  it('is booked once when two say it at the same time', async () => {
    const [one, other] = await Promise.all([
      acceptLoss(pool, lossOf(0, 0, 10)),
      acceptLoss(pool, { ...lossOf(0, 0, 10), acceptedBy: 'bob' }),
    ]);
    expect(one).toEqual(other);
    expect(await listLosses(pool)).toEqual([one]);
  });

  it('is listed in pages, each behind the last of the one before', async () => {
    const ranges = [2, 0, 9, 4].flatMap((from) => [lossOf(0, from, 20), lossOf(2, from, 20)]);
    for (const loss of ranges) await acceptLoss(pool, loss);
    const all = await listLosses(pool);
    expect(all).toHaveLength(ranges.length);
    const pages: shardProxy.Loss[] = [];
    for (let after: shardProxy.Loss | undefined; ; after = pages.at(-1)) {
      const page = await listLosses(pool, { after, limit: 3 });
      if (page.length === 0) break;
      expect(page.length).toBeLessThanOrEqual(3);
      pages.push(...page);
    }
    expect(pages).toEqual(all);
  });

  it.each([
    ['no range', lossOf(0, 5, 5), 'ascend'],
    ['nobody', { ...lossOf(0, 0, 5), acceptedBy: '' }, 'who accepts it'],
    ['no reason', { ...lossOf(0, 0, 5), reason: '' }, 'a reason'],
    ['too long a reason', { ...lossOf(0, 0, 5), reason: 'é'.repeat(501) }, '1000 bytes'],
    ['no partition', { ...lossOf(0, 0, 5), partition: undefined }, 'expected a loss'],
  ])('with %s is refused', async (_, loss, problem) => {
    await expect(acceptLoss(pool, loss)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(problem),
    });
  });
});
