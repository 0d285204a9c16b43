import { beforeEach, describe, expect, it } from '@jest/globals';
import type { JoinGroupRequest } from '@tally/kafka-wire';
import { FakeClock } from '../../test/support/fake-clock.js';
import { Group, type GroupOptions } from './group.js';
import type { GroupRecord } from './group-records.js';
import type { JoinResult } from './member.js';

const SESSION_MS = 10_000;
const REBALANCE_MS = 30_000;
const RESTORED_MS = 4000;
const client = { clientId: 'c', clientHost: 'h' };
let clock: FakeClock;
let group: Group;
let ids: number;
/** What was written down, the last one last. */
let stored: (GroupRecord | undefined)[];
/** Left in all groups together. */
let room: { members: number; bytes: number };
beforeEach(() => {
  clock = new FakeClock();
  ids = 0;
  stored = [];
  room = { members: 10, bytes: 10_000 };
  group = makeGroup();
});

function options(): GroupOptions {
  return {
    clock,
    initialDelayMs: 100,
    maxMembers: 3,
    maxMetadataBytes: 1000,
    newMemberId: () => `m${++ids}`,
    hasRoomInAll: (members, bytes) => members <= room.members && bytes <= room.bytes,
    store: async (record) => void stored.push(record),
    restoredSessionMs: RESTORED_MS,
  };
}

function makeGroup(restored?: GroupRecord): Group {
  return new Group({ ...options(), ...(restored === undefined ? {} : { restored }) });
}

function request(changes: Partial<JoinGroupRequest> = {}): JoinGroupRequest {
  return {
    groupId: 'g',
    sessionTimeoutMs: SESSION_MS,
    rebalanceTimeoutMs: REBALANCE_MS,
    memberId: '',
    groupInstanceId: null,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('r') }],
    canRejoinWithId: false,
    ...changes,
  };
}

const join = (changes: Partial<JoinGroupRequest> = {}) =>
  Promise.resolve(group.join(request(changes), client));

function response(result: JoinResult) {
  if (result.kind === 'refused') throw new Error(`refused: ${result.error}`);
  return result.response;
}

const claim = (memberId: string, generationId: number) => ({
  memberId,
  generationId,
  groupInstanceId: null,
});

/** Joins members m1, m2 … and lets the first assign; resolves with the generation. */
async function stable(members: number): Promise<number> {
  const joins = Array.from({ length: members }, () => join());
  clock.advance(100);
  const joined = (await Promise.all(joins)).map(response);
  const generation = joined[0]?.generationId ?? -1;
  const assignments = joined.map(({ memberId }) => ({
    memberId,
    assignment: Buffer.from(`for ${memberId}`),
  }));
  const followers = joined
    .slice(1)
    .map(({ memberId }) => Promise.resolve(group.sync(claim(memberId, generation), [])));
  await group.sync(claim('m1', generation), assignments);
  expect(await Promise.all(followers)).toEqual(
    assignments.slice(1).map(({ assignment }) => ({ kind: 'synced', assignment })),
  );
  expect(group.state).toBe('Stable');
  return generation;
}

describe('a new group', () => {
  it('waits a little, makes one member the leader and tells it of all', async () => {
    const joins = [join(), join()];
    expect(group.state).toBe('PreparingRebalance');
    clock.advance(100);
    const [first, second] = (await Promise.all(joins)).map(response);
    expect(first).toMatchObject({ generationId: 1, leader: 'm1', memberId: 'm1' });
    expect(first?.members.map(({ memberId }) => memberId)).toEqual(['m1', 'm2']);
    expect(second).toMatchObject({ generationId: 1, leader: 'm1', memberId: 'm2', members: [] });
  });

  it('gives a new member its id first where the client can come again with it', async () => {
    const refused = await join({ canRejoinWithId: true });
    expect(refused).toEqual({ kind: 'refused', error: 'MEMBER_ID_REQUIRED', memberId: 'm1' });
    const again = join({ canRejoinWithId: true, memberId: 'm1' });
    clock.advance(100);
    expect(response(await again)).toMatchObject({ memberId: 'm1', generationId: 1 });
  });

  it('forgets an id that nobody came back with', async () => {
    await join({ canRejoinWithId: true });
    expect(group.isAbandoned).toBe(false);
    clock.advance(SESSION_MS);
    expect(group.isAbandoned).toBe(true);
    expect(await join({ memberId: 'm1' })).toMatchObject({ error: 'UNKNOWN_MEMBER_ID' });
  });

  it('takes no more members than its bound', async () => {
    const joins = [join(), join(), join()];
    expect(await join()).toMatchObject({ error: 'GROUP_MAX_SIZE_REACHED' });
    clock.advance(100);
    expect(await Promise.all(joins)).toHaveLength(3);
  });
});

describe('protocols', () => {
  it('are the one that all speak and most prefer', async () => {
    const protocol = (name: string) => ({ name, metadata: Buffer.from(name) });
    const joins = [
      join({ protocols: [protocol('a'), protocol('b'), protocol('c')] }),
      join({ protocols: [protocol('c'), protocol('b')] }),
      join({ protocols: [protocol('b'), protocol('c')] }),
    ];
    clock.advance(100);
    const [leader] = (await Promise.all(joins)).map(response);
    expect(leader?.protocolName).toBe('b');
    expect(leader?.members.map(({ metadata }) => String(metadata))).toEqual(['b', 'b', 'b']);
  });

  it.each<[string, Partial<JoinGroupRequest>]>([
    ['of another type', { protocolType: 'connect' }],
    ['that nobody else speaks', { protocols: [{ name: 'own', metadata: Buffer.alloc(0) }] }],
    ['none at all', { protocols: [] }],
  ])('%s are refused', async (_name, changes) => {
    await stable(1);
    expect(await join(changes)).toMatchObject({ error: 'INCONSISTENT_GROUP_PROTOCOL' });
    expect(group.state).toBe('Stable');
  });
});

describe('a stable group', () => {
  it('is rebalanced when a member comes: the others hear of it by heartbeat and join again', async () => {
    const generation = await stable(1);
    const newcomer = join();
    expect(group.heartbeat(claim('m1', generation))).toBe('REBALANCE_IN_PROGRESS');
    const again = join({ memberId: 'm1' });
    expect(response(await newcomer)).toMatchObject({ generationId: generation + 1, leader: 'm1' });
    expect(response(await again).members).toHaveLength(2);
  });

  it('goes on without a member that does not join again in time', async () => {
    const generation = await stable(2);
    const newcomer = join();
    const again = join({ memberId: 'm1' });
    clock.advance(REBALANCE_MS);
    expect(response(await again).members.map(({ memberId }) => memberId)).toEqual(['m1', 'm3']);
    expect(response(await newcomer)).toMatchObject({ generationId: generation + 1 });
    expect(group.heartbeat(claim('m2', generation))).toBe('UNKNOWN_MEMBER_ID');
  });

  it('drops a member whose session ends, and keeps one that is heard of', async () => {
    const generation = await stable(2);
    for (let beat = 0; beat < 4; beat++) {
      clock.advance(SESSION_MS / 2 - 1);
      group.heartbeat(claim('m1', generation));
    }
    expect(group.state).toBe('PreparingRebalance');
    const again = join({ memberId: 'm1' });
    expect(response(await again).members.map(({ memberId }) => memberId)).toEqual(['m1']);
    expect(group.heartbeat(claim('m2', generation))).toBe('UNKNOWN_MEMBER_ID');
  });

  it('is rebalanced at once when a member leaves, and empty when all have', async () => {
    const generation = await stable(2);
    expect(group.leave('m2', null)).toBe('NONE');
    expect(group.heartbeat(claim('m1', generation))).toBe('REBALANCE_IN_PROGRESS');
    expect(group.leave('m1', null)).toBe('NONE');
    expect([group.state, group.isAbandoned]).toEqual(['Empty', true]);
    expect(group.leave('m1', null)).toBe('UNKNOWN_MEMBER_ID');
  });

  it('tells a follower that joins again, unchanged, what holds already', async () => {
    const generation = await stable(2);
    expect(response(await join({ memberId: 'm2' }))).toMatchObject({ generationId: generation });
    expect(group.state).toBe('Stable');
    expect(await group.sync(claim('m2', generation), [])).toMatchObject({ kind: 'synced' });
  });
});

describe('a static member', () => {
  /** A group of `one`, who leads, and `two`, stable; resolves with what `one` was told. */
  async function stableOfTwo() {
    const joins = [join({ groupInstanceId: 'one' }), join({ groupInstanceId: 'two' })];
    clock.advance(100);
    const [one] = (await Promise.all(joins)).map(response);
    if (one === undefined) throw new Error('nobody joined');
    const assignments = ['m1', 'm2'].map((memberId) => ({
      memberId,
      assignment: Buffer.from(`for ${memberId}`),
    }));
    await group.sync({ ...claim('m1', 1), groupInstanceId: 'one' }, assignments);
    expect(group.state).toBe('Stable');
    return one;
  }

  it('in a new process takes over its part without a rebalance, and the old one is fenced', async () => {
    const { memberId: old, generationId } = await stableOfTwo();
    const again = response(await join({ groupInstanceId: 'one' }));
    expect(again).toMatchObject({ generationId, leader: old, members: [] });
    expect(again.memberId).not.toBe(old);
    expect(group.state).toBe('Stable');
    const now = { memberId: again.memberId, generationId, groupInstanceId: 'one' };
    expect(await group.sync(now, [])).toEqual({
      kind: 'synced',
      assignment: Buffer.from('for m1'),
    });
    expect(group.heartbeat({ ...now, memberId: old })).toBe('FENCED_INSTANCE_ID');
    expect(group.checkCommit({ ...now, memberId: old })).toBe('FENCED_INSTANCE_ID');
    expect(group.leave(old, 'one')).toBe('FENCED_INSTANCE_ID');
    expect(stored.at(-1)).toMatchObject({ leader: again.memberId, generation: generationId });
  });

  it('that says something else than before costs a rebalance', async () => {
    await stableOfTwo();
    const protocols = [{ name: 'range', metadata: Buffer.from('other topics') }];
    const again = join({ groupInstanceId: 'one', protocols });
    expect(group.state).toBe('PreparingRebalance');
    void join({ groupInstanceId: 'two', memberId: 'm2' });
    expect(response(await again).generationId).toBe(2);
  });

  it('is removed by its name alone', async () => {
    await stableOfTwo();
    expect(group.leave('', 'two')).toBe('NONE');
    expect(group.leave('', 'two')).toBe('UNKNOWN_MEMBER_ID');
    expect(group.state).toBe('PreparingRebalance');
  });

  it('that is silent keeps its part until its session ends', async () => {
    const { generationId } = await stableOfTwo();
    clock.advance(SESSION_MS - 1);
    expect(group.heartbeat({ ...claim('m1', generationId), groupInstanceId: 'one' })).toBe('NONE');
    clock.advance(1);
    expect(group.state).toBe('PreparingRebalance');
  });
});

describe('what is written down', () => {
  it('is there before anybody learns its part', async () => {
    let finish: () => void = () => undefined;
    const isWritten = new Promise<void>((resolve) => (finish = resolve));
    group = new Group({ ...options(), store: () => isWritten });
    const joined = join();
    clock.advance(100);
    await joined;
    let hasAnswer = false;
    const synced = Promise.resolve(
      group.sync(claim('m1', 1), [{ memberId: 'm1', assignment: Buffer.from('all') }]),
    ).then((result) => {
      hasAnswer = true;
      return result;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect([hasAnswer, group.state]).toEqual([false, 'CompletingRebalance']);
    finish();
    expect(await synced).toEqual({ kind: 'synced', assignment: Buffer.from('all') });
    expect(group.state).toBe('Stable');
  });

  it('lets members go on in the same generation after a start of the coordinator', async () => {
    const generation = await stable(2);
    group = makeGroup(stored.at(-1));
    expect(group.state).toBe('Stable');
    expect(group.heartbeat(claim('m1', generation))).toBe('NONE');
    expect(group.checkCommit(claim('m2', generation))).toBe('NONE');
    expect(await group.sync(claim('m2', generation), [])).toEqual({
      kind: 'synced',
      assignment: Buffer.from('for m2'),
    });
    clock.advance(RESTORED_MS);
    expect(group.state).toBe('Stable');
  });

  it('does not make others wait long for members that are gone meanwhile', async () => {
    await stable(2);
    group = makeGroup(stored.at(-1));
    const newcomer = join();
    clock.advance(RESTORED_MS);
    expect(response(await newcomer)).toMatchObject({ generationId: 2, memberId: 'm3' });
  });

  it('is that nobody is there, once all have left', async () => {
    await stable(1);
    group.leave('m1', null);
    expect(stored.at(-1)).toBeUndefined();
  });

  it('stays when the coordinator ends', async () => {
    await stable(1);
    const before = stored.length;
    group.close();
    expect(stored).toHaveLength(before);
  });
});

it('members together say no more than the group has room for', async () => {
  const protocols = [{ name: 'range', metadata: Buffer.alloc(400) }];
  const joins = [join({ protocols }), join({ protocols })];
  expect(await join({ protocols })).toMatchObject({ error: 'GROUP_MAX_SIZE_REACHED' });
  clock.advance(100);
  expect((await Promise.all(joins)).map(response)).toHaveLength(2);
});

it('members are taken as long as there is room in all groups together, and those that are in stay', async () => {
  const generation = await stable(1);
  room = { members: 0, bytes: 10_000 };
  const full = { error: 'COORDINATOR_NOT_AVAILABLE' };
  expect(await join()).toMatchObject(full);
  expect(await join({ canRejoinWithId: true })).toMatchObject(full);
  expect(group.heartbeat(claim('m1', generation))).toBe('NONE');
  const again = join({ memberId: 'm1' });
  expect(response(await again)).toMatchObject({ generationId: generation + 1 });
  room = { members: 10, bytes: 3 };
  const synced = group.sync(claim('m1', generation + 1), [
    { memberId: 'm1', assignment: Buffer.from('much') },
  ]);
  expect(await synced).toEqual({ kind: 'refused', error: 'MESSAGE_TOO_LARGE' });
});

describe('a commit', () => {
  it('is taken from a member of this generation and nobody else', async () => {
    const generation = await stable(1);
    expect(group.checkCommit(claim('m1', generation))).toBe('NONE');
    expect(group.checkCommit(claim('m1', generation - 1))).toBe('ILLEGAL_GENERATION');
    expect(group.checkCommit(claim('m9', generation))).toBe('UNKNOWN_MEMBER_ID');
    expect(group.checkCommit(claim('', -1))).toBe('UNKNOWN_MEMBER_ID');
  });

  it('is taken from outside while nobody is in the group', () => {
    expect(group.checkCommit(claim('', -1))).toBe('NONE');
  });
});

describe('a sync', () => {
  it('that waits for the leader is refused when the group is rebalanced', async () => {
    const joins = [join(), join()];
    clock.advance(100);
    await Promise.all(joins);
    const waiting = group.sync(claim('m2', 1), []);
    void join();
    expect(await waiting).toEqual({ kind: 'refused', error: 'REBALANCE_IN_PROGRESS' });
  });

  it('of a leader that never comes ends with its session', async () => {
    const joins = [join(), join()];
    clock.advance(100);
    await Promise.all(joins);
    const waiting = group.sync(claim('m2', 1), []);
    clock.advance(SESSION_MS);
    expect(await waiting).toEqual({ kind: 'refused', error: 'REBALANCE_IN_PROGRESS' });
    expect(response(await join({ memberId: 'm2' }))).toMatchObject({ leader: 'm2' });
  });
});

it('a group that is closed refuses all who wait', async () => {
  const waiting = join();
  group.close();
  expect(await waiting).toEqual({ kind: 'refused', error: 'NOT_COORDINATOR' });
});
