import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DAY_MS, MINUTE_MS } from '@tally/contracts';
import { nodeFileSystem, SegmentLog, type FileSystem } from '@tally/segment-log';
import { systemClock } from '../src/groups/clock.js';
import { GroupCoordinator, type CoordinatorOptions } from '../src/groups/group-coordinator.js';
import { GroupTopic } from '../src/groups/group-topic.js';

const WEEK_MS = 7 * DAY_MS;
let folder: string;
let log: SegmentLog;
let nowMs: number;
let isFull: boolean;
/** A session that nobody ends has a timer. */
const coordinators: GroupCoordinator[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tally-coordinator-'));
  nowMs = 1_000_000;
  isFull = false;
  log = await openLog();
  await log.createTopic({ name: 't', partitions: 1, configs: {} });
});
afterEach(async () => {
  for (const coordinator of coordinators.splice(0)) coordinator.close();
  await log.close();
  rmSync(folder, { recursive: true, force: true });
});

const now = () => nowMs;

/** The disk of this machine, but for one that is full when the test says so: it writes nothing. */
const files: FileSystem = {
  ...nodeFileSystem,
  async open(path, mode) {
    const file = await nodeFileSystem.open(path, mode);
    const write = file.write.bind(file);
    file.write = async (buffers, position) => (isFull ? 0 : write(buffers, position));
    return file;
  },
};

function openLog(): Promise<SegmentLog> {
  return SegmentLog.open({
    folder,
    files,
    segmentBytes: 1 << 20,
    maxRoundBytes: 1 << 20,
    maxQueuedBytes: 1 << 24,
    markIntervalMs: 100,
    now,
    onFatal: (error) => {
      throw error;
    },
  });
}

async function start(changes: Partial<CoordinatorOptions> = {}): Promise<GroupCoordinator> {
  const coordinator = await GroupCoordinator.open(await GroupTopic.open(log, now), {
    clock: systemClock,
    now,
    initialDelayMs: 0,
    maxGroups: 2,
    maxMembers: 10,
    maxMetadataBytes: 1 << 20,
    maxMembersInAll: 2,
    maxMetadataBytesInAll: 1 << 20,
    maxOffsets: 3,
    minSessionTimeoutMs: 1,
    maxSessionTimeoutMs: 60_000,
    restoredSessionMs: 60_000,
    offsetsRetentionMs: WEEK_MS,
    ...changes,
  });
  coordinators.push(coordinator);
  return coordinator;
}

const commit = (coordinator: GroupCoordinator, group: string, partition = 0) =>
  coordinator.offsets.commit(group, [
    { topic: 't', partition, committed: { offset: 5n, leaderEpoch: 0, metadata: '' } },
  ]);

/** One member that joins, assigns itself everything and stays. */
async function joinGroup(coordinator: GroupCoordinator, id: string) {
  const group = coordinator.forJoin(id, 30_000);
  if (typeof group === 'string') throw new Error(group);
  const result = await group.join(
    {
      groupId: id,
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 30_000,
      memberId: '',
      groupInstanceId: null,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.from('m') }],
      canRejoinWithId: false,
    },
    { clientId: 'c', clientHost: 'h' },
  );
  if (result.kind === 'refused') throw new Error(result.error);
  const { memberId, generationId } = result.response;
  const claim = { memberId, generationId, groupInstanceId: null };
  await group.sync(claim, [{ memberId, assignment: Buffer.from('a') }]);
  return claim;
}

describe('offsets', () => {
  it('a topic whose deletion was interrupted leaves no offsets to one that takes its name', async () => {
    const before = await start();
    expect(await commit(before, 'billing')).toBe('NONE');
    expect(before.offsets.of('billing').get('t')?.get(0)?.offset).toBe(5n);
    // The process ends before it has forgotten the offsets.
    await log.deleteTopic('t');
    await log.close();
    log = await openLog();
    const after = await start();
    await log.createTopic({ name: 't', partitions: 1, configs: {} });
    expect(after.offsets.of('billing').size).toBe(0);
  });

  it('stay in a topic that is closed until its description is mended', async () => {
    await commit(await start(), 'billing');
    await log.close();
    const description = join(folder, 'topics/t/topic.json');
    const before = readFileSync(description);
    writeFileSync(description, 'rubbish');
    log = await openLog();
    await start();
    await log.close();
    writeFileSync(description, before);
    log = await openLog();
    expect((await start()).offsets.of('billing').get('t')?.get(0)?.offset).toBe(5n);
  });

  it('expire when nobody was in the group and committed for so long', async () => {
    const coordinator = await start();
    await commit(coordinator, 'g');
    nowMs += WEEK_MS - 1;
    await coordinator.expireOffsets();
    expect(coordinator.offsets.has('g')).toBe(true);
    nowMs += 1;
    await coordinator.expireOffsets();
    expect(coordinator.offsets.has('g')).toBe(false);
    expect((await start()).offsets.has('g')).toBe(false);
  });

  it('stay while the group has members, and for so long after the last one', async () => {
    const coordinator = await start();
    const { memberId } = await joinGroup(coordinator, 'g');
    await commit(coordinator, 'g');
    nowMs += 2 * WEEK_MS;
    await coordinator.expireOffsets();
    expect(coordinator.offsets.has('g')).toBe(true);
    coordinator.find('g')?.leave(memberId, null);
    nowMs += WEEK_MS - 1;
    await coordinator.expireOffsets();
    expect(coordinator.offsets.has('g')).toBe(true);
    nowMs += 1;
    await coordinator.expireOffsets();
    expect(coordinator.offsets.has('g')).toBe(false);
  });

  it('stay for ever where no time is set', async () => {
    const coordinator = await start({ offsetsRetentionMs: 0 });
    await commit(coordinator, 'g');
    nowMs += 1000 * WEEK_MS;
    await coordinator.expireOffsets();
    expect(coordinator.offsets.has('g')).toBe(true);
  });

  it('are of no more groups and no more in all than there is room for, and can always be replaced', async () => {
    const coordinator = await start();
    expect(await commit(coordinator, 'a', 0)).toBe('NONE');
    expect(await commit(coordinator, 'b', 0)).toBe('NONE');
    expect(await commit(coordinator, 'c', 0)).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(await commit(coordinator, 'b', 1)).toBe('NONE');
    expect(await commit(coordinator, 'b', 2)).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(await commit(coordinator, 'b', 1)).toBe('NONE');
    await coordinator.offsets.deleteGroup('a');
    expect(await commit(coordinator, 'c', 0)).toBe('NONE');
  });
});

describe('names of groups that somebody made up', () => {
  const change = {
    topic: 't',
    partition: 0,
    committed: { offset: 5n, leaderEpoch: 0, metadata: '' },
  };

  it('leave room to a group with members', async () => {
    const coordinator = await start({ maxGroups: 8, maxOffsets: 100 });
    const outcomes = [];
    for (let name = 0; name < 10; name++)
      outcomes.push(await coordinator.commitOffsets(`made up ${name}`, [change], 'outsider'));
    expect(outcomes.filter((outcome) => outcome === 'NONE')).toHaveLength(6);
    expect(outcomes.at(-1)).toBe('COORDINATOR_NOT_AVAILABLE');
    await joinGroup(coordinator, 'consumers');
    expect(await coordinator.commitOffsets('consumers', [change], 'member')).toBe('NONE');
  });

  it('keep nobody out for ever: the one that was out of use for longest goes, a week later', async () => {
    const coordinator = await start({ offsetsRetentionMs: 0, maxGroups: 2 });
    await joinGroup(coordinator, 'consumers');
    for (const name of ['consumers', 'made up']) {
      expect(await coordinator.commitOffsets(name, [change], 'member')).toBe('NONE');
      nowMs += 1;
    }
    const anew = () => coordinator.commitOffsets('new', [change], 'member');
    nowMs += WEEK_MS - MINUTE_MS;
    expect(await anew()).toBe('COORDINATOR_NOT_AVAILABLE');
    nowMs += MINUTE_MS;
    expect(await anew()).toBe('NONE');
    expect([...coordinator.offsets.names()]).toEqual(['consumers', 'new']);
  });
});

it('groups have no more members in all than there is room for', async () => {
  const coordinator = await start();
  const { memberId } = await joinGroup(coordinator, 'a');
  await joinGroup(coordinator, 'b');
  await expect(joinGroup(coordinator, 'a')).rejects.toThrow('COORDINATOR_NOT_AVAILABLE');
  coordinator.find('a')?.leave(memberId, null);
  await joinGroup(coordinator, 'a');
  coordinator.close();
});

describe('a full disk', () => {
  it('keeps nobody from joining a group and learning its part, and commits are refused meanwhile', async () => {
    const coordinator = await start();
    isFull = true;
    const claim = await joinGroup(coordinator, 'g');
    expect(coordinator.find('g')?.state).toBe('Stable');
    expect(coordinator.find('g')?.heartbeat(claim)).toBe('NONE');
    expect(await commit(coordinator, 'g')).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(coordinator.offsets.has('g')).toBe(false);
    isFull = false;
    expect(await commit(coordinator, 'g')).toBe('NONE');
    coordinator.close();
  });
});

describe('a coordinator that starts again', () => {
  it('knows members, their generation and when offsets were committed', async () => {
    const first = await start();
    const claim = await joinGroup(first, 'g');
    await commit(first, 'g');
    first.close();
    await log.close();
    nowMs += 5000;
    log = await openLog();
    const second = await start();
    expect(second.offsets.lastCommitMs('g')).toBe(nowMs - 5000);
    const group = second.find('g');
    expect(group?.state).toBe('Stable');
    expect(group?.heartbeat(claim)).toBe('NONE');
    expect(group?.describe().members[0]?.assignment).toEqual(Buffer.from('a'));
    second.close();
  });

  it('knows nothing of a group that everybody left', async () => {
    const first = await start();
    const { memberId } = await joinGroup(first, 'g');
    first.find('g')?.leave(memberId, null);
    await commit(first, 'other');
    expect((await start()).find('g')).toBeUndefined();
  });
});
