import { describe, expect, it } from '@jest/globals';
import type { DeadCause } from '@tally/contracts';
import type { ToldRecord } from '@tally/counting';
import { DeadEventCensus } from './dead-event-census.js';
import type { KeptRecord } from './dead-event-topic.js';

const KEEP = { keepMs: 1000, settledKeepMs: 100 };

/** A record of the topic that keeps one event of each cause, appended to the log at that time. */
function kept(
  record: number,
  appendMs: number,
  causes: readonly DeadCause[] = ['too_late'],
): KeptRecord {
  return {
    partition: 3,
    record: BigInt(record),
    dead: {
      offset: BigInt(record) * 10n,
      appendMs,
      schemaId: 2,
      registryVersion: 1,
      catalogPosition: 0n,
      reason: '',
      events: causes.map((cause, index) => ({ index, cause, length: 0, bytes: Buffer.alloc(0) })),
    },
  };
}

const told = (events: number, replayed: number, discarded = 0): ToldRecord[] => [
  {
    shard: 1,
    told: [{ from: 0, to: events }],
    replayed: [{ from: 0, to: replayed }],
    discarded: [{ from: replayed, to: replayed + discarded }],
  },
];
const OPEN = told(1, 0);
const SETTLED = told(1, 1);

describe('a census of dead events', () => {
  it('says how many are open by cause, and since when, and takes a copy for the same', () => {
    const census = new DeadEventCensus(KEEP);
    const two: readonly DeadCause[] = ['too_late', 'unknown_schema'];
    census.take(kept(1, 500, two), told(2, 0), 600);
    census.take(kept(1, 500, two), told(2, 0), 600);
    census.take(kept(2, 400, two), told(2, 1), 600);
    census.take(kept(3, 300), SETTLED, 600);
    census.take(kept(4, 200), [], 600);
    expect(census.open).toEqual(
      new Map([
        ['too_late', { events: 1, oldestMs: 500 }],
        ['unknown_schema', { events: 2, oldestMs: 400 }],
      ]),
    );
  });

  it('finds those old that were settled long enough ago, up to the first that is open', () => {
    const census = new DeadEventCensus(KEEP);
    census.take(kept(1, 0), SETTLED, 500);
    census.take(kept(2, 0, ['too_late', 'too_late']), told(2, 1, 1), 500);
    census.take(kept(3, 0), OPEN, 500);
    census.take(kept(4, 0), SETTLED, 500);
    const old = census.takeOld();
    expect(old.get(3)).toMatchObject({ before: 3n });
    expect(old.get(3)?.events.map(({ state }) => state)).toEqual([
      'replayed',
      'replayed',
      'discarded',
    ]);
    expect(census.takeOld().size).toBe(0);
  });

  it('keeps what is settled for a while, for people to see', () => {
    const census = new DeadEventCensus(KEEP);
    census.take(kept(1, 401), SETTLED, 500);
    expect(census.takeOld().size).toBe(0);
  });

  it.each([
    ['open', OPEN],
    ['unsettled', []],
  ])('keeps what is %s until its time is over, and says what it was', (state, said) => {
    const young = new DeadEventCensus(KEEP);
    young.take(kept(1, 0), said, 999);
    expect(young.takeOld().size).toBe(0);
    const old = new DeadEventCensus(KEEP);
    old.take(kept(1, 0), said, 1000);
    expect(old.takeOld().get(3)).toEqual({ before: 2n, events: [{ cause: 'too_late', state }] });
  });

  it('finds nothing old while the clock of the log is not known', () => {
    const census = new DeadEventCensus(KEEP);
    census.take(kept(1, 0), SETTLED, undefined);
    expect(census.takeOld().size).toBe(0);
  });
});
