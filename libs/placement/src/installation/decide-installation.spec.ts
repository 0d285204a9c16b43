import { describe, expect, it } from '@jest/globals';
import { decideInstallation, type InstallationClaims } from './decide-installation.js';

const [X, Y] = ['00000000000000aa', '00000000000000bb'];
const TOPIC = `events-${X}`;
const EMPTY = { isEmpty: true };
const OLD = { isEmpty: false, topic: TOPIC };
const OURS = { isEmpty: false, topic: TOPIC, id: X };
const FRESH = { isEmpty: true, id: X };
const shard = (number: number, id?: string, ...topics: string[]) => ({ shard: number, id, topics });
const log = (...topics: string[]) => ({ topics, isShared: false });

/** What is seen, what comes of it, and a part of what people are told. */
const RULES: readonly (readonly [string, InstallationClaims, object])[] = [
  ['nothing anywhere is new', { zookeeper: EMPTY, shards: [shard(0), shard(1)] }, { kind: 'new' }],
  [
    'what belongs together is the same',
    { zookeeper: OURS, shards: [shard(0, X, TOPIC), shard(1, X)] },
    { kind: 'same', id: X },
  ],
  [
    'a system of before ids gets that of its topic',
    { zookeeper: OLD, shards: [shard(0, undefined, TOPIC), shard(1)] },
    { kind: 'adopt', id: X },
  ],
  [
    'one that has a shard map alone gets a new one',
    { zookeeper: { isEmpty: false }, shards: [shard(0)] },
    { kind: 'adopt', id: undefined },
  ],
  [
    'an empty shard joins',
    { zookeeper: OURS, shards: [shard(0, X), shard(1)] },
    { kind: 'adopt', id: X },
  ],
  [
    'a shard of before ids joins the ZooKeeper whose topic it counted',
    { zookeeper: OURS, shards: [shard(0, undefined, 'events-older', TOPIC)] },
    { kind: 'adopt', id: X },
  ],
  [
    'an empty ZooKeeper beside a shard is refused',
    { zookeeper: EMPTY, shards: [shard(0), shard(1, X)] },
    {
      kind: 'refuse',
      sentence:
        `ZooKeeper is empty, but shard 1 belongs to installation ${X}: restore it with ` +
        'tools/installation restore, or point TALLY_ZOOKEEPER at the right one',
    },
  ],
  [
    'one that lost its id alone too',
    { zookeeper: OLD, shards: [shard(0, X)] },
    refusal('names no'),
  ],
  [
    'an empty one beside a shard of before ids too',
    { zookeeper: EMPTY, shards: [shard(0, undefined, TOPIC)] },
    refusal(`shard 0 has counted ${TOPIC}`),
  ],
  [
    'a shard of another installation is refused',
    { zookeeper: OURS, shards: [shard(0, X), shard(1, Y)] },
    refusal(`installation ${X}, but shard 1 to ${Y}`),
  ],
  [
    'a shard that counted another topic is not adopted, whether ZooKeeper has an id',
    { zookeeper: OURS, shards: [shard(0, undefined, 'events-other')] },
    refusal('has counted events-other'),
  ],
  [
    'or has none',
    { zookeeper: OLD, shards: [shard(0, undefined, 'events-other')] },
    refusal('has counted events-other'),
  ],
  [
    'a new installation makes no topic beside those of another',
    { zookeeper: FRESH, log: log('events-other') },
    refusal('the log has events-other'),
  ],
  [
    'unless somebody said that the log is shared',
    { zookeeper: FRESH, log: { topics: ['events-other'], isShared: true } },
    { kind: 'same', id: X },
  ],
  [
    'its own first topic may be there: whoever made it ended before naming it',
    { zookeeper: FRESH, log: log(TOPIC) },
    { kind: 'same', id: X },
  ],
  [
    'later topics may stand beside earlier ones',
    { zookeeper: OURS, log: log(TOPIC, 'events-other') },
    { kind: 'same', id: X },
  ],
];

function refusal(part: string) {
  return { kind: 'refuse', sentence: expect.stringContaining(part) };
}

describe('whose ZooKeeper, log and shards are', () => {
  it.each(RULES)('%s', (_, claims, decision) => {
    expect(decideInstallation(claims)).toEqual(decision);
  });
});
