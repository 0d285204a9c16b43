import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { shardProxy } from '@tally/contracts';
import type pg from 'pg';
import { applyDelta, forgetDeadEvents, readDeadEvents } from '../src/index.js';
import { PostgresFixture } from './support/database.js';
import { delta, TOPIC } from './support/requests.js';

const HOUR = 490_000;
const KEEP_HOURS = 31 * 24;
const postgres = new PostgresFixture();
let pool: pg.Pool;

beforeAll(async () => {
  pool = await postgres.startShard();
}, 120_000);
afterAll(() => postgres.stop(), 60_000);

const partitionOf = (partition: number) => ({ topic: TOPIC, partition });

/** A flush that covers the offset, appended in that hour, of which event 0 is dead. */
const tell = (partition: number, offset: number, hour: number) =>
  applyDelta(
    pool,
    delta({ [partition]: [[offset, offset + 1]] }, [], {
      dead: [
        {
          partition: partitionOf(partition),
          offset: String(offset),
          hour,
          indexes: [{ from: 0, to: 1 }],
        },
      ],
      ledger: [ledgerOf(partition, hour)],
    }),
  );

const ledgerOf = (partition: number, hour: number): shardProxy.LedgerEntry => ({
  partition: partitionOf(partition),
  hour,
  counted: '0',
  duplicates: '0',
  conflicting: '0',
  tooLate: '1',
  dead: '0',
  expired: '0',
});

const known = async (partition: number) => {
  const places = [0, 1, 2].map((offset) => ({
    partition: partitionOf(partition),
    offset: String(offset),
  }));
  const told = await readDeadEvents(pool, places);
  return new Set(told.map(({ place }) => place?.offset));
};

describe('dead events that a shard was told of', () => {
  it('are forgotten when the log of their partition is that much further, and not before', async () => {
    await tell(0, 0, HOUR);
    await tell(0, 1, HOUR + 1);
    await tell(0, 2, HOUR + KEEP_HOURS);
    expect(await forgetDeadEvents(postgres.url, KEEP_HOURS)).toBe(0);
    await applyDelta(
      pool,
      delta({ 0: [[3, 4]] }, [], { ledger: [ledgerOf(0, HOUR + KEEP_HOURS + 1)] }),
    );
    expect(await forgetDeadEvents(postgres.url, KEEP_HOURS)).toBe(1);
    expect(await known(0)).toEqual(new Set(['1', '2']));
    expect(await forgetDeadEvents(postgres.url, KEEP_HOURS)).toBe(0);
  });

  it('stay as long as nothing comes to their partition, whatever the time is elsewhere', async () => {
    await tell(1, 0, HOUR);
    await tell(2, 0, HOUR + 10 * KEEP_HOURS);
    expect(await forgetDeadEvents(postgres.url, KEEP_HOURS)).toBe(0);
    expect(await known(1)).toEqual(new Set(['0']));
  });

  it('are left where somebody settles one of them meanwhile', async () => {
    await tell(3, 0, HOUR);
    await tell(3, 1, HOUR + 2 * KEEP_HOURS);
    const settling = await postgres.owner.connect();
    try {
      await settling.query('BEGIN');
      await settling.query('SELECT FROM dead_events WHERE partition = 3 FOR UPDATE');
      expect(await forgetDeadEvents(postgres.url, KEEP_HOURS)).toBe(0);
    } finally {
      await settling.query('ROLLBACK');
      settling.release();
    }
    expect(await forgetDeadEvents(postgres.url, KEEP_HOURS)).toBe(1);
    expect(await known(3)).toEqual(new Set(['1']));
  });
});
