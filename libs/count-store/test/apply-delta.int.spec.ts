import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { shardProxy } from '@tally/contracts';
import { eventually } from '@tally/testing';
import pg from 'pg';
import { APPLY_DELTA, type Statement } from '../src/delta/apply-delta.sql.js';
import { applyDelta, readCoverage } from '../src/index.js';
import { PostgresFixture } from './support/database.js';
import { delta, instant, names, request, row, subjectId, TOPIC } from './support/requests.js';

const postgres = new PostgresFixture();
let pool: pg.Pool;
beforeAll(async () => {
  pool = await postgres.startShard();
}, 120_000);
afterAll(() => postgres.stop(), 60_000);
beforeEach(async () => {
  await postgres.owner.query(
    'TRUNCATE minute_counters, quarter_counters, day_counters, series, coverage, ledger',
  );
  await postgres.owner.query('UPDATE rolled SET through_minute = 0');
});

async function counters(table = 'minute_counters') {
  const { rows } = await pool.query<Record<string, unknown>>(
    `SELECT s.subject, start_minute AS minute, count, valued, sum, min, max
     FROM ${table} LEFT JOIN series s ON s.id = series ORDER BY subject, start_minute`,
  );
  return rows;
}

async function covered(...partitions: readonly number[]) {
  const { coverage } = await readCoverage(
    pool,
    partitions.map((partition) => ({ topic: TOPIC, partition })),
  );
  return coverage.map(({ ranges }) => ranges.map(({ from, to }) => `${from}-${to}`).join(' '));
}

const entry = (partition: number, hour: number, counted: number): shardProxy.LedgerEntry => ({
  partition: { topic: TOPIC, partition },
  hour,
  counted: String(counted),
  duplicates: '1',
  tooLate: '2',
  dead: '3',
  expired: '4',
  conflicting: '5',
});
async function asOfMs(partition: number): Promise<string | undefined> {
  const { rows } = await pool.query<{ readonly as_of_ms: string }>(
    'SELECT as_of_ms FROM coverage WHERE partition = $1',
    [partition],
  );
  return rows[0]?.as_of_ms;
}

const someoneWaits = () =>
  eventually('a delta waits for a lock', async () => {
    const { rowCount } = await postgres.owner.query(
      "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%verdict%'",
    );
    return rowCount === 1;
  });

describe('a delta', () => {
  it('whose ranges are new is applied with everything it says', async () => {
    const rows = [
      row('a', 7, { count: 3n, valued: 2n, sum: -5n, min: -9n, max: 4n }),
      row('b', 8, { count: 1n }),
    ];
    const said = {
      seriesNames: names('a', 'b'),
      ledger: [entry(0, 9, 4)],
      instants: [instant(0, 77)],
    };
    expect(
      await applyDelta(
        pool,
        delta(
          {
            0: [[0, 4]],
            1: [
              [5, 6],
              [8, 9],
            ],
          },
          rows,
          said,
        ),
      ),
    ).toMatchObject({
      kind: 'applied',
    });
    expect(await counters()).toEqual([
      { subject: 'a', minute: 7, count: '3', valued: '2', sum: '-5', min: '-9', max: '4' },
      { subject: 'b', minute: 8, count: '1', valued: '0', sum: '0', min: null, max: null },
    ]);
    expect(await covered(1, 0, 2)).toEqual(['5-6 8-9', '0-4', '']);
    const ledger = await pool.query('SELECT * FROM ledger');
    expect(ledger.rows).toEqual([
      {
        topic: TOPIC,
        partition: 0,
        hour: 9,
        counted: '4',
        duplicates: '1',
        too_late: '2',
        dead: '3',
        expired: '4',
        conflicting: '5',
        replayed: '0',
      },
    ]);
  });

  it('adds to what is there, without limit for sums', async () => {
    const huge = 2n ** 100n;
    const one = row('a', 7, { count: 1n, valued: 1n, sum: huge, min: 5n, max: 5n });
    await applyDelta(pool, delta({ 0: [[0, 1]] }, [one], { seriesNames: names('a') }));
    await applyDelta(pool, delta({ 0: [[1, 2]] }, [{ ...one, min: -5n, max: 6n }]));
    await applyDelta(pool, delta({ 0: [[2, 3]] }, [row('a', 7)]));
    expect(await counters()).toEqual([
      {
        subject: 'a',
        minute: 7,
        count: '3',
        valued: '2',
        sum: String(2n * huge),
        min: '-5',
        max: '6',
      },
    ]);
  });

  it('told again changes nothing but a later instant', async () => {
    const first = request({ 0: [[0, 4]], 1: [[0, 4]] }, [row('a', 7)], {
      instants: [instant(0, 50)],
    });
    await applyDelta(pool, delta({ 0: [[0, 4]], 1: [[0, 4]] }, [row('a', 7)], first));
    const asOf = async () =>
      (
        await pool.query<{ as_of_ms: string }>('SELECT as_of_ms FROM coverage ORDER BY partition')
      ).rows.map(({ as_of_ms }) => as_of_ms);
    for (const [told, expected] of [
      [40, '50'],
      [60, '60'],
      [55, '60'],
    ] as const) {
      const again = delta({ 0: [[1, 3]], 1: [[0, 4]] }, [row('a', 7)], {
        instants: [instant(0, told)],
      });
      expect(await applyDelta(pool, again)).toMatchObject({ kind: 'already applied' });
      expect(await asOf()).toEqual([expected, null]);
    }
    expect(await counters()).toMatchObject([{ count: '1' }]);
  });

  it.each([
    ['a range half covered', { 0: [[2, 6]] }, ['4-6']],
    [
      'one covered and one new range',
      {
        0: [
          [0, 4],
          [9, 10],
        ],
      },
      ['9-10'],
    ],
    ['one covered and one new partition', { 0: [[1, 2]], 1: [[0, 3]] }, ['', '0-3']],
  ] as const)('with %s is refused and changes nothing', async (_, ranges, uncovered) => {
    await applyDelta(pool, delta({ 0: [[0, 4]] }, [row('a', 7)]));
    const said = { ledger: [entry(0, 1, 1)], instants: [instant(0, 99)], seriesNames: names('a') };
    const result = await applyDelta(pool, delta(ranges, [row('a', 7)], said));
    if (result.kind !== 'overlap') throw new Error(`expected an overlap, got ${result.kind}`);
    expect(
      result.uncovered.map((part) => part.ranges.map(({ from, to }) => `${from}-${to}`).join(' ')),
    ).toEqual(uncovered);
    expect(await covered(0)).toEqual(['0-4']);
    expect(await counters()).toMatchObject([{ count: '1' }]);
    for (const table of ['ledger', 'series', 'coverage WHERE as_of_ms IS NOT NULL'])
      expect((await pool.query(`SELECT FROM ${table}`)).rowCount).toBe(0);
  });

  it('takes an instant only where all below its position is covered', async () => {
    await applyDelta(pool, delta({ 0: [[0, 900]] }, [], { instants: [instant(0, 1000, 900)] }));
    // Commits up to 1000 were lost; what follows them is applied, and is not complete to 2000.
    const later = delta({ 0: [[1000, 1010]] }, [], { instants: [instant(0, 2000, 1010)] });
    expect(await applyDelta(pool, later)).toMatchObject({ kind: 'applied' });
    expect(await asOfMs(0)).toBe('1000');
    expect(await applyDelta(pool, later)).toMatchObject({ kind: 'already applied' });
    expect(await asOfMs(0)).toBe('1000');
    const gap = delta({ 0: [[900, 1000]] }, [], { instants: [instant(0, 3000, 1010)] });
    await applyDelta(pool, gap);
    expect(await asOfMs(0)).toBe('3000');
  });

  it('claims to be complete where positions are not looked at (control)', async () => {
    const text = APPLY_DELTA.text.replace('a.covered @> int8range(0, l.position)', 'true');
    expect(text).not.toBe(APPLY_DELTA.text);
    const gap = delta({ 0: [[5, 6]] }, [], { instants: [instant(0, 2000, 6)] });
    await applyDelta(pool, gap, { name: 'unchecked instants', text });
    expect(await asOfMs(0)).toBe('2000');
  });

  it('may tell instants alone', async () => {
    const told = delta({}, [], { instants: [instant(3, 12), instant(4, 13)] });
    expect(await applyDelta(pool, told)).toMatchObject({ kind: 'applied' });
    const { rows } = await pool.query(
      'SELECT partition, covered::text, as_of_ms FROM coverage ORDER BY 1',
    );
    expect(rows).toEqual([
      { partition: 3, covered: '{}', as_of_ms: '12' },
      { partition: 4, covered: '{}', as_of_ms: '13' },
    ]);
  });

  it('with two rows of one window is refused', async () => {
    const twice = delta({ 0: [[0, 1]] }, [row('a', 7), row('a', 7)]);
    await expect(applyDelta(pool, twice)).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(await covered(0)).toEqual(['']);
  });

  it('without Postgres has an unknown outcome', async () => {
    const nowhere = new pg.Pool({ host: '127.0.0.1', port: 1 });
    await expect(applyDelta(nowhere, delta({ 0: [[0, 1]] }))).rejects.toMatchObject({
      code: 'unavailable',
    });
    await nowhere.end();
  });
});

describe('two writers of the same offsets', () => {
  /** Runs the statement of one delta in an open transaction, the other meanwhile, then commits. */
  async function race(statement: Statement) {
    const first = await pool.connect();
    // The row exists, so that the coverage row is what they meet at.
    await applyDelta(pool, delta({ 0: [[100, 101]] }, [row('a', 7)], { seriesNames: names('a') }));
    await first.query('BEGIN');
    const open = { query: (query: pg.QueryConfig) => first.query(query) } as unknown as pg.Pool;
    const same = delta({ 0: [[0, 4]] }, [row('a', 7, { count: 4n })]);
    expect(await applyDelta(open, same)).toMatchObject({ kind: 'applied' });
    const second = applyDelta(pool, same, statement);
    await someoneWaits();
    await first.query('COMMIT');
    first.release();
    return { outcome: (await second).kind, counters: await counters() };
  }

  it('count them once: the second sees what the first committed', async () => {
    expect(await race(APPLY_DELTA)).toMatchObject({
      outcome: 'already applied',
      counters: [{ count: '5' }],
    });
    expect(await covered(0)).toEqual(['0-4 100-101']);
  });

  it('count them twice where coverage is read without a lock (control)', async () => {
    const text = APPLY_DELTA.text.replace('FOR UPDATE OF c', '');
    expect(text).not.toBe(APPLY_DELTA.text);
    expect(await race({ name: 'unlocked', text })).toMatchObject({
      outcome: 'applied',
      counters: [{ count: '9' }],
    });
  });
});

describe('rows of windows that are rolled up already', () => {
  const group = (subject: string) => subjectId(subject).readUInt8(0) >> 2;
  const roll = (subject: string, granularity: string, through: number) =>
    postgres.owner.query(
      'UPDATE rolled SET through_minute = $3 WHERE slot_group = $1 AND granularity = $2',
      [group(subject), granularity, through],
    );

  it('are added to the coarser counters too, those of later windows are not', async () => {
    await roll('a', 'quarter', 2880 + 45);
    await roll('a', 'day', 1440);
    const rows = [3, 14, 15, 1500, 2880 + 44, 2880 + 45].map((minute) =>
      row('a', minute, {
        count: 2n,
        valued: 1n,
        sum: BigInt(minute),
        min: BigInt(minute),
        max: 1n,
      }),
    );
    expect(group('b')).not.toBe(group('a'));
    await applyDelta(
      pool,
      delta({ 0: [[0, 9]] }, [...rows, row('b', 3)], { seriesNames: names('a', 'b') }),
    );
    await applyDelta(pool, delta({ 0: [[9, 10]] }, [row('a', 3)]));
    expect((await counters()).length).toBe(7);
    const of = (minute: number, count: number, valued: number, sum: number, min: number) => ({
      subject: 'a',
      minute,
      count: String(count),
      valued: String(valued),
      sum: String(sum),
      min: String(min),
      max: '1',
    });
    expect(await counters('quarter_counters')).toEqual([
      of(0, 5, 2, 17, 3),
      of(15, 2, 1, 15, 15),
      of(1500, 2, 1, 1500, 1500),
      of(2880 + 30, 2, 1, 2924, 2924),
    ]);
    expect(await counters('day_counters')).toEqual([of(0, 7, 3, 32, 3)]);
  });

  /** A job that reads the minutes before it moves `through_minute`, and a flush meanwhile. */
  async function meanwhile(flush: () => Promise<unknown>) {
    const job = await postgres.owner.connect();
    await job.query('BEGIN');
    await job.query("SELECT FROM rolled WHERE granularity = 'quarter' FOR UPDATE");
    const seen = await job.query('SELECT FROM minute_counters');
    await flush();
    await job.query("UPDATE rolled SET through_minute = 15 WHERE granularity = 'quarter'");
    await job.query('COMMIT');
    job.release();
    return seen.rowCount;
  }
  const late = () => delta({ 0: [[0, 1]] }, [row('a', 3)], { seriesNames: names('a') });

  it('wait for the job that rolls them up, and are added by exactly one of the two', async () => {
    let flush: Promise<unknown> | undefined;
    const byJob = await meanwhile(async () => {
      flush = applyDelta(pool, late());
      await someoneWaits();
    });
    expect(await flush).toMatchObject({ kind: 'applied' });
    expect(byJob).toBe(0);
    expect(await counters('quarter_counters')).toMatchObject([{ minute: 0, count: '1' }]);
  });

  it('are added by neither where the job is not waited for (control)', async () => {
    const text = APPLY_DELTA.text.replace('FOR SHARE', '');
    expect(text).not.toBe(APPLY_DELTA.text);
    const byJob = await meanwhile(() => applyDelta(pool, late(), { name: 'unshared', text }));
    expect(byJob).toBe(0);
    expect(await counters('quarter_counters')).toEqual([]);
  });
});
