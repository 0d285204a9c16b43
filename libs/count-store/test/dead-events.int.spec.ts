import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { shardProxy } from '@tally/contracts';
import type pg from 'pg';
import { SETTLE_DEAD_EVENTS } from '../src/dead-events/dead-events.sql.js';
import {
  applyDelta,
  listDeadEventActions,
  parseSettlement,
  readDeadEvents,
  readLedger,
  settleDeadEvents,
} from '../src/index.js';
import { PostgresFixture } from './support/database.js';
import { delta, everySlot, names, request, row, TOPIC } from './support/requests.js';

const HOUR = 490_000;
const MINUTE = HOUR * 60;
const postgres = new PostgresFixture();
let pool: pg.Pool;
/** Each test has a partition of its own. */
let partition = 0;

beforeAll(async () => {
  pool = await postgres.startShard();
}, 120_000);
afterAll(() => postgres.stop(), 60_000);
beforeEach(() => void (partition += 1));

type Indexes = readonly (readonly [number, number])[];

const dead = (offset: number, indexes: Indexes): shardProxy.DeadRecord => ({
  partition: { topic: TOPIC, partition },
  offset: String(offset),
  hour: HOUR,
  indexes: indexes.map(([from, to]) => ({ from, to })),
});

/** A flush that covers the offset and says that these events of its record are dead. */
const tell = (offset: number, indexes: Indexes) =>
  applyDelta(
    pool,
    delta({ [partition]: [[offset, offset + 1]] }, [], {
      dead: [dead(offset, indexes)],
      ledger: [ledgerOf(indexes.reduce((sum, [from, to]) => sum + to - from, 0))],
    }),
  );

const ledgerOf = (events: number): shardProxy.LedgerEntry => ({
  partition: { topic: TOPIC, partition },
  hour: HOUR,
  counted: '0',
  duplicates: '0',
  conflicting: '0',
  tooLate: String(events),
  dead: '0',
  expired: '0',
});

const subject = () => `video-${partition}`;

const settlement = (
  events: readonly shardProxy.DeadRecord[],
  { count = 1n, isReplay = true, id = String(randomUUID()) } = {},
) => {
  const { rows, seriesNames } = request({}, isReplay ? [row(subject(), MINUTE, { count })] : [], {
    seriesNames: isReplay ? names(subject()) : Buffer.alloc(0),
  });
  return parseSettlement(
    {
      shard: 0,
      epoch: '1',
      events,
      rows,
      seriesNames,
      action: {
        id,
        settlement: isReplay ? 'SETTLEMENT_REPLAYED' : 'SETTLEMENT_DISCARDED',
        takenBy: 'ann',
        reason: 'the version is there now',
        takenAtMs: '1795860000000',
        selection: '{}',
        events: '0',
      },
    },
    everySlot,
  );
};

async function counted(): Promise<number> {
  const { rows } = await pool.query<{ count: string }>(
    `SELECT coalesce(sum(count), 0) AS count FROM minute_counters JOIN series ON id = series
     WHERE subject = $1`,
    [subject()],
  );
  return Number(rows[0]?.count);
}

const states = async (...offsets: readonly number[]) =>
  readDeadEvents(
    pool,
    offsets.map((offset) => ({ partition: { topic: TOPIC, partition }, offset: String(offset) })),
  );

const replayedInLedger = async () => {
  const { hours } = await readLedger(pool, { fromHour: HOUR, toHour: HOUR + 1, partition });
  return Number(hours[0]?.replayed ?? 0);
};

describe('dead events of a shard', () => {
  it('are those that the flush named which covered their record', async () => {
    await tell(5, [
      [0, 2],
      [7, 8],
    ]);
    expect(await states(5, 6)).toEqual([
      {
        place: { partition: { topic: TOPIC, partition }, offset: '5' },
        told: [
          { from: 0, to: 2 },
          { from: 7, to: 8 },
        ],
        replayed: [],
        discarded: [],
      },
    ]);
    // The same flush again says nothing new.
    await tell(5, [[0, 9]]);
    expect((await states(5))[0]?.told).toHaveLength(2);
  });

  it('are counted once, with the ledger and who did it, however often it is asked for', async () => {
    await tell(5, [[0, 3]]);
    const id = randomUUID();
    const two = settlement([dead(5, [[0, 2]])], { count: 2n, id });
    expect(await settleDeadEvents(pool, two)).toBe(true);
    expect(await settleDeadEvents(pool, two)).toBe(false);
    expect(await counted()).toBe(2);
    expect(await replayedInLedger()).toBe(2);
    expect((await states(5))[0]?.replayed).toEqual([{ from: 0, to: 2 }]);
    expect(await settleDeadEvents(pool, settlement([dead(5, [[2, 3]])], { id }))).toBe(true);
    expect(await counted()).toBe(3);
    const actions = await listDeadEventActions(pool, { limit: 100 });
    expect(actions.filter((action) => action.id === id)).toEqual([
      expect.objectContaining({ takenBy: 'ann', events: '3', settlement: 'SETTLEMENT_REPLAYED' }),
    ]);
  });

  it('are settled all or none, and never what the shard was not told of', async () => {
    await tell(5, [[0, 2]]);
    await tell(6, [[0, 1]]);
    const wrong = [
      [dead(5, [[0, 3]])],
      [dead(5, [[0, 2]]), dead(7, [[0, 1]])],
      [dead(5, [[1, 2]]), dead(6, [[1, 2]])],
    ];
    for (const events of wrong)
      expect(await settleDeadEvents(pool, settlement(events))).toBe(false);
    expect(await counted()).toBe(0);
    const both = settlement([dead(5, [[0, 2]]), dead(6, [[0, 1]])], { count: 3n });
    expect(await settleDeadEvents(pool, both)).toBe(true);
    expect(await counted()).toBe(3);
  });

  it('that were discarded are never counted, and stay in the ledger as they are', async () => {
    await tell(5, [[0, 2]]);
    const discarded = settlement([dead(5, [[0, 1]])], { isReplay: false });
    expect(await settleDeadEvents(pool, discarded)).toBe(true);
    expect(await settleDeadEvents(pool, settlement([dead(5, [[0, 2]])]))).toBe(false);
    expect(await settleDeadEvents(pool, settlement([dead(5, [[1, 2]])]))).toBe(true);
    expect([await counted(), await replayedInLedger()]).toEqual([1, 1]);
    expect((await states(5))[0]).toMatchObject({
      replayed: [{ from: 1, to: 2 }],
      discarded: [{ from: 0, to: 1 }],
    });
  });

  it('are counted once when several count them at once', async () => {
    await tell(5, [[0, 1]]);
    const outcomes = await together(20, () =>
      settleDeadEvents(pool, settlement([dead(5, [[0, 1]])])),
    );
    expect(outcomes.filter((isSettled) => isSettled)).toHaveLength(1);
    expect(await counted()).toBe(1);
  });

  it('are counted more than once without a look at what is open', async () => {
    await tell(5, [[0, 1]]);
    const careless = {
      name: 'careless',
      text: SETTLE_DEAD_EVENTS.text.replace('AND bool_and(indexes <@ open)', ''),
    };
    expect(careless.text).not.toBe(SETTLE_DEAD_EVENTS.text);
    await together(20, () => settleDeadEvents(pool, settlement([dead(5, [[0, 1]])]), careless));
    expect(await counted()).toBeGreaterThan(1);
  });

  it('are counted once when Postgres is killed meanwhile', async () => {
    const own = postgres.pool(postgres.url);
    await tell(
      5,
      Array.from({ length: 40 }, (_, index) => [2 * index, 2 * index + 1] as const),
    );
    const settle = (index: number) =>
      settleDeadEvents(own, settlement([dead(5, [[2 * index, 2 * index + 1]])]));
    const all = Array.from({ length: 40 }, (_, index) => settle(index).catch(() => undefined));
    await Promise.race(all);
    await postgres.kill();
    await Promise.all(all);
    await postgres.revive();
    for (let index = 0; index < 40; index++) await settle(index);
    const { rows } = await own.query<{ replayed: string }>(
      'SELECT replayed FROM dead_events WHERE partition = $1',
      [partition],
    );
    expect(rows[0]?.replayed.match(/\[/g)).toHaveLength(40);
    const sums = await own.query<{ count: string }>(
      'SELECT sum(count) AS count FROM minute_counters JOIN series ON id = series WHERE subject = $1',
      [subject()],
    );
    expect(sums.rows).toEqual([{ count: '40' }]);
  });
});

function together<T>(times: number, work: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: times }, work));
}

describe('a request to settle dead events', () => {
  it.each([
    ['no events of a block', [dead(1, [])]],
    ['a record twice', [dead(1, [[0, 1]]), dead(1, [[1, 2]])]],
    [
      'events out of order',
      [
        dead(1, [
          [3, 4],
          [0, 1],
        ]),
      ],
    ],
    ['events past those of a block', [dead(1, [[0, 10_001]])]],
  ])('is refused with %s', (_, events) => {
    expect(() => settlement(events)).toThrow();
  });
});
