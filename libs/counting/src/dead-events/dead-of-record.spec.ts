import { describe, expect, it } from '@jest/globals';
import {
  decodeDeadLetter,
  DEFAULT_EVENT_TYPE,
  encodeBlockHeader,
  encodeDeadLetter,
} from '@tally/contracts';
import { seriesId, slotOf } from '@tally/placement';
import {
  blockOf,
  event,
  newCounter,
  record,
  rules,
  shardMap,
  takersOf,
} from '../../test/support/counted-blocks.js';
import { readBlock, type BlockRecord } from '../aggregate/block-record.js';
import { OffsetSet } from '../coverage/offset-set.js';
import { LetterDraft } from '../letters/letter-draft.js';
import { LetterDelta } from '../letters/letter-delta.js';

const shardOf = (subject: string) => shardMap.shardOf(slotOf(seriesId('default', 'view', subject)));
/** A subject of that shard. */
const subjectOf = (shard: number) =>
  Array.from({ length: 100 }, (_, number) => `video-${number}`).find(
    (subject) => shardOf(subject) === shard,
  ) ?? '';
const [left, right] = [subjectOf(0), subjectOf(1)];
const aged = () => rules(() => ({ ...DEFAULT_EVENT_TYPE, maxAgeMs: 50 }));

/** With another schema in its header. */
function ofSchema(schemaId: number, block: Buffer): BlockRecord {
  const header = encodeBlockHeader({ schemaId, registryVersion: 3, count: 1 });
  const value = Buffer.concat([header, block.subarray(header.length)]);
  return readBlock({ offset: 0n, timestampMs: 100, value });
}

describe('dead events of a record', () => {
  it('are told to the shard of their series, those that touch as one range', () => {
    const { counter, deltas } = newCounter(aged());
    const events = [left, left, right, left].map((subject, id) => event(`${id}`, { subject }));
    const { dead, counts } = counter.count(record(7, 100, events), takersOf(deltas));
    expect(counts.tooLate).toBe(4);
    expect(dead.events.map(({ index, cause }) => `${index} ${cause}`)).toEqual([
      '0 too_late',
      '1 too_late',
      '2 too_late',
      '3 too_late',
    ]);
    const zero = [
      { from: 0, to: 2 },
      { from: 3, to: 4 },
    ];
    expect(dead.indexes).toEqual([zero, [{ from: 2, to: 3 }]]);
    expect(deltas.get(0)?.toMessage().dead).toEqual([
      expect.objectContaining({ offset: '7', hour: 0, indexes: zero }),
    ]);
  });

  it('are not kept when they came before', () => {
    const { counter, deltas } = newCounter(aged());
    const twice = [event('a'), event('a')];
    const first = counter.count(record(0, 100, twice), takersOf(deltas));
    const again = counter.count(record(1, 110, twice), takersOf(deltas));
    expect(first.dead.events).toHaveLength(1);
    expect(again.dead.events).toEqual([]);
    const foreign = blockOf([event('b')]);
    const unread = ofSchema(4_000_000_000, foreign);
    expect(counter.count(unread, takersOf(deltas)).dead.events).toHaveLength(1);
    expect(counter.count(unread, takersOf(deltas)).dead.events).toEqual([]);
  });

  it('are not kept again for who has the record', () => {
    const covered = new Map([[0, new OffsetSet([{ from: 0n, to: 1n }])]]);
    const { counter, deltas } = newCounter(aged(), covered);
    const events = [event('a', { subject: left }), event('b', { subject: right })];
    const { dead } = counter.count(record(0, 100, events), takersOf(deltas));
    expect(dead.events.map(({ index }) => index)).toEqual([1]);
    expect(dead.indexes[0]).toBeUndefined();
  });

  it('of an unknown schema are told to all shards, and stand in the ledger of one', () => {
    const { counter, deltas } = newCounter();
    const { dead } = counter.count(
      ofSchema(4_000_000_000, blockOf([event('a')])),
      takersOf(deltas),
    );
    expect(dead.events).toMatchObject([{ index: 0, cause: 'unknown_schema' }]);
    const told = [0, 1].map((shard) => deltas.get(shard)?.toMessage());
    expect(told.map((message) => message?.dead.length)).toEqual([1, 1]);
    expect(told.flatMap((message) => message?.ledger ?? [])).toHaveLength(1);
  });

  it('without a version of the event types are dead, unless they came before', () => {
    const { counter, deltas } = newCounter();
    counter.count(record(0, 100, [event('a', { subject: left })]), takersOf(deltas));
    const events = [event('a', { subject: left }), event('b', { subject: left })];
    const { counts, dead } = counter.count(
      record(1, 110, events),
      takersOf(deltas),
      'unknown_registry_version',
    );
    expect(counts).toMatchObject({ counted: 0, duplicates: 1, dead: 1 });
    expect(dead.indexes).toEqual([[{ from: 1, to: 2 }]]);
  });

  it('go with the dead letter of an absent shard', () => {
    const { counter } = newCounter(aged());
    const takers = { deltas: new Map(), absent: new Set([0]) };
    const counted = counter.count(record(7, 100, [event('a', { subject: left })]), takers);
    const draft = new LetterDraft(0);
    draft.add(counted);
    const letter = decodeDeadLetter(draft.encode([]));
    if (letter.kind !== 'letter') throw new Error(letter.reason);
    expect(encodeDeadLetter(letter)).toEqual(draft.encode([]));
    const delta = new LetterDelta('events-0123456789abcdef', new Map(), aged());
    delta.add(5, letter, 1 << 20);
    expect(delta.request(0, 1)?.dead).toMatchObject([
      { offset: '7', indexes: [{ from: 0, to: 1 }] },
    ]);
  });
});
