import { describe, expect, it } from '@jest/globals';
import {
  decodeDeltaRows,
  DEFAULT_EVENT_TYPE,
  encodeEvent,
  type DeadEvent,
  type DeadEvents,
  type Event,
} from '@tally/contracts';
import { seriesId, slotOf } from '@tally/placement';
import { event, shardMap, TOPIC } from '../../test/support/counted-blocks.js';
import { CatalogHistory } from '../catalog/catalog-history.js';
import { toldOf } from './dead-event-states.js';
import { ReplaySums } from './replay-sums.js';

const shardOf = (subject: string) => shardMap.shardOf(slotOf(seriesId('default', 'view', subject)));
const sums = () =>
  new ReplaySums(TOPIC, {
    shardMap,
    definition: () => ({ ...DEFAULT_EVENT_TYPE, maxAgeMs: 1 }),
    knowsVersion: (version) => version <= 3,
    catalog: new CatalogHistory(),
  });

function deadEvent(index: number, of: Partial<Event>): DeadEvent {
  const bytes = Buffer.alloc(500);
  const end = encodeEvent(event(`${index}`, of), bytes, 0);
  return { index, cause: 'too_late', length: end, bytes: bytes.subarray(0, end) };
}

const record = (events: readonly DeadEvent[], more: Partial<DeadEvents> = {}): DeadEvents => ({
  offset: 7n,
  appendMs: 3_600_000,
  schemaId: 2,
  registryVersion: 3,
  catalogPosition: 0n,
  reason: '',
  events,
  ...more,
});

describe('dead events that are counted later', () => {
  it('are summed up for the shards of their series, and named by their indexes', () => {
    const subjects = ['video-0', 'video-1', 'video-2', 'video-3', 'video-4'];
    const events = subjects.map((subject, index) => deadEvent(index, { subject }));
    const replay = sums();
    replay.add(5, record(events), events);
    const requests = replay.requests();
    const indexes = requests.flatMap(({ shard, events: named }) =>
      named.flatMap(({ indexes: ranges }) =>
        ranges.flatMap(({ from, to }) =>
          Array.from({ length: to - from }, (_, at) => [from + at, shard] as const),
        ),
      ),
    );
    expect(indexes.toSorted(([one], [other]) => one - other)).toEqual(
      subjects.map((subject, index) => [index, shardOf(subject)]),
    );
    const counts = requests.flatMap(({ rows }) => decodeDeltaRows(Buffer.from(rows)) ?? []);
    expect(counts.reduce((sum, { count }) => sum + count, 0n)).toBe(5n);
  });

  it('are those that can be read by what is known here, and whole', () => {
    const replay = sums();
    const whole = deadEvent(0, { subject: 'video-0' });
    const reasonOf = (dead: DeadEvents, one: DeadEvent) => {
      const found = replay.countability(dead, one);
      return found.kind === 'obstacle' ? found.reason : found.shard;
    };
    expect(reasonOf(record([whole]), whole)).toBe(shardOf('video-0'));
    expect(reasonOf(record([whole], { registryVersion: 4 }), whole)).toBe(
      'version 4 of the event types is not known here',
    );
    expect(reasonOf(record([whole], { schemaId: 90 }), whole)).toBe('schema 90 is not known here');
    expect(reasonOf(record([whole]), { ...whole, length: 1000 })).toBe(
      'only its beginning was kept',
    );
    expect(reasonOf(record([whole]), { ...whole, bytes: whole.bytes.subarray(1) })).toBe(
      'only its beginning was kept',
    );
    const foreign = { ...whole, bytes: Buffer.alloc(whole.length) };
    expect(reasonOf(record([whole]), foreign)).toBe('it is not an event of schema 2');
    expect(reasonOf(record([whole]), { ...whole, cause: 'malformed_record' })).toBe(
      'a record that is no block has no events',
    );
  });
});

describe('the state of a dead event', () => {
  const of = (shard: number, more: object = {}) => ({
    shard,
    told: [{ from: 0, to: 2 }],
    replayed: [],
    discarded: [],
    ...more,
  });
  it('is what the shards say together', () => {
    expect(toldOf(0, [])).toEqual({ state: 'unsettled', shards: [], openAt: [] });
    expect(toldOf(2, [of(0)])).toEqual({ state: 'unsettled', shards: [], openAt: [] });
    expect(toldOf(0, [of(0), of(1)])).toEqual({ state: 'open', shards: [0, 1], openAt: [0, 1] });
    const replayed = of(1, { replayed: [{ from: 0, to: 1 }] });
    expect(toldOf(0, [of(0), replayed])).toEqual({
      state: 'replayed',
      shards: [0, 1],
      openAt: [0],
    });
    expect(toldOf(1, [of(0), replayed]).state).toBe('open');
    const discarded = of(0, { discarded: [{ from: 0, to: 1 }] });
    expect(toldOf(0, [discarded, of(1)]).state).toBe('discarded');
    expect(toldOf(0, [discarded, replayed]).state).toBe('replayed');
  });
});
