import { describe, expect, it } from '@jest/globals';
import { EVENT_TYPES_NODE } from '@tally/contracts';
import { SHARD_MAP_NODE, ShardMap, TOPICS_NODE } from '@tally/placement';
import { wholeOf, type ShardCopy } from './copies.js';

const [X, Y] = ['00000000000000aa', '00000000000000bb'];
const TOPIC = JSON.stringify({ name: `events-${X}`, partitions: 16, dedupWindowMs: 600_000 });
const OTHER_TOPIC = TOPIC.replace(X, Y);
const mapOf = (epoch: number, shards = 2) =>
  JSON.stringify({ ...ShardMap.even(shards).document, epoch });
const version = (number: number) => `${EVENT_TYPES_NODE}/000000000${number}`;

interface Kept {
  readonly id?: string | undefined;
  readonly topic?: string;
  readonly map?: string;
  readonly versions?: Readonly<Record<number, string>>;
}

function copy(shard: number, kept: Kept = {}): ShardCopy {
  const { topic = TOPIC, map = mapOf(1), versions = { 1: 'a', 2: 'b' } } = kept;
  const id = 'id' in kept ? kept.id : X;
  const nodes = new Map(
    Object.entries(versions).map(([number, data]) => [version(Number(number)), data]),
  );
  nodes.set(TOPICS_NODE, topic).set(SHARD_MAP_NODE, map);
  return { shard, id, topics: [], nodes: id === undefined ? new Map() : nodes };
}

describe('what shards keep', () => {
  it('is the whole where they agree', () => {
    expect(wholeOf([copy(0), copy(1)])).toEqual({
      kind: 'whole',
      nodes: copy(0).nodes,
      installation: { id: X, kept: { topic: `events-${X}`, eventTypes: 2, shardMap: 1 } },
    });
  });

  it('is put together where one was away: versions of either, the later shard map', () => {
    const late = copy(0, { versions: { 1: 'a' } });
    const ahead = copy(1, { versions: { 1: 'a', 2: 'b', 3: 'c' }, map: mapOf(4) });
    for (const copies of [
      [late, ahead],
      [ahead, late],
    ])
      expect(wholeOf(copies)).toMatchObject({
        kind: 'whole',
        nodes: ahead.nodes,
        installation: { kept: { eventTypes: 3, shardMap: 4 } },
      });
  });

  it('is that of the others where a shard is new', () => {
    expect(wholeOf([copy(0), copy(1, { id: undefined })]).kind).toBe('whole');
  });

  it.each([
    ['no shard belongs to one', [copy(0, { id: undefined })], 'nothing to restore from'],
    ['nobody answers', [], 'nothing to restore from'],
    ['they are of two', [copy(0), copy(1, { id: Y })], `shard 1 to ${Y}`],
    ['one that the map names is missing', [copy(0)], 'shard 1 does not answer'],
    ['versions differ', [copy(0), copy(1, { versions: { 1: 'z' } })], version(1)],
    ['topics differ', [copy(0), copy(1, { topic: OTHER_TOPIC })], TOPICS_NODE],
    [
      'maps of one epoch differ',
      [copy(0), copy(1, { map: mapOf(1, 3) }), copy(2)],
      'shards 0 and 1 keep different states of /shard-map',
    ],
    [
      'a version is missing',
      [copy(0, { versions: { 2: 'b' } }), copy(1, { versions: { 2: 'b' } })],
      'no shard keeps version 1',
    ],
  ])('is unclear when %s', (_, copies, sentence) => {
    expect(wholeOf(copies)).toEqual({
      kind: 'unclear',
      sentence: expect.stringContaining(sentence),
    });
  });

  it('is what a person says: the copy of one shard, whatever the others have', () => {
    const copies = [copy(0), copy(1, { id: Y, topic: OTHER_TOPIC })];
    expect(wholeOf(copies, 1)).toMatchObject({ installation: { id: Y } });
    expect(wholeOf(copies, 0)).toMatchObject({ installation: { id: X } });
    expect(wholeOf(copies, 7)).toMatchObject({ kind: 'unclear' });
  });
});
