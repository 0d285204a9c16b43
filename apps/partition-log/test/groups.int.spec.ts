import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import type { Admin } from 'kafkajs';
import { Kcat, kcat } from './support/kcat.js';
import { LogProcess } from './support/log-process.js';

const log = new LogProcess();
let admin: Admin;
const members = new Set<Kcat>();
beforeAll(async () => {
  await log.start();
  admin = log.client().admin();
  await admin.connect();
}, 60_000);
afterAll(async () => {
  await Promise.all([...members].map((member) => member.kill()));
  await admin?.disconnect();
  await log.stop();
}, 60_000);

/** It goes on when it has lost the log for a while (-E). */
function member(group: string, topic: string, ...settings: readonly string[]): Kcat {
  const started = new Kcat(log.port, [
    ...['-E', '-G', group, topic, '-u', '-f', '%p %s\n', '-X', 'auto.offset.reset=earliest'],
    ...['-X', 'session.timeout.ms=6000', '-X', 'heartbeat.interval.ms=200'],
    // It must be back within its session, however long the log takes to start.
    ...['-X', 'reconnect.backoff.max.ms=200'],
    ...settings.flatMap((setting) => ['-X', setting]),
  ]);
  members.add(started);
  return started;
}

async function stableMembers(group: string): Promise<string[]> {
  const { groups } = await admin.describeGroups([group]);
  const [described] = groups;
  if (described?.state !== 'Stable') return [];
  return described.members.map(({ memberId }) => memberId).toSorted();
}

/** Times that a member was given partitions. */
const assignments = ({ errors }: Kcat) => errors.split('rebalanced').length - 1;

async function produce(topic: string, text: string): Promise<void> {
  const runs = [0, 1].map((partition) =>
    kcat(log.port, ['-P', '-t', topic, '-p', `${partition}`], `${text}\n`),
  );
  await Promise.all(runs);
}

async function topic(name: string): Promise<string> {
  await admin.createTopics({ topics: [{ topic: name, numPartitions: 2 }] });
  return name;
}

describe('members of a group', () => {
  it('go on with their partitions when the log was killed and starts again', async () => {
    const name = await topic('outlives');
    const [first, second] = [member('outlivers', name), member('outlivers', name)];
    const read = () => [...first.lines, ...second.lines];
    await eventually('both are in', async () => (await stableMembers('outlivers')).length === 2);
    await produce(name, 'before');
    await eventually('it is read', () => read().length === 2);
    const before = await stableMembers('outlivers');
    const given = [first, second].map(assignments);
    await log.kill();
    await log.restart();
    await produce(name, 'after');
    await eventually('they read on', () => read().length === 4);
    expect(await stableMembers('outlivers')).toEqual(before);
    expect([first, second].map(assignments)).toEqual(given);
    expect(read().toSorted()).toEqual(['0 after', '0 before', '1 after', '1 before']);
    await Promise.all([first.stop(), second.stop()]);
  }, 60_000);

  it('with names of their own come back after a restart, and the others notice nothing', async () => {
    const name = await topic('static');
    const one = member('statics', name, 'group.instance.id=one', 'session.timeout.ms=30000');
    const two = member('statics', name, 'group.instance.id=two', 'session.timeout.ms=30000');
    await eventually('both are in', async () => (await stableMembers('statics')).length === 2);
    const before = await stableMembers('statics');
    await produce(name, 'first');
    await eventually('it is read', () => one.lines.length + two.lines.length === 2);
    const given = assignments(two);
    await one.stop();
    const again = member('statics', name, 'group.instance.id=one', 'session.timeout.ms=30000');
    await produce(name, 'second');
    await eventually('it is read', () => again.lines.length === 1 && two.lines.length === 2);
    expect(assignments(two)).toBe(given);
    const after = await stableMembers('statics');
    expect(after).toHaveLength(2);
    expect(after.filter((id) => before.includes(id))).toHaveLength(1);
    await Promise.all([again.kill(), two.kill()]);
  }, 60_000);

  it('that are two under one name: the older one is told that it is out', async () => {
    const name = await topic('twice');
    const older = member('twins', name, 'group.instance.id=same');
    await eventually('it is in', async () => (await stableMembers('twins')).length === 1);
    const newer = member('twins', name, 'group.instance.id=same');
    await older.ended;
    expect(older.errors).toContain('fenced');
    await produce(name, 'for one');
    await eventually('the newer reads', () => newer.lines.length === 2);
    await newer.kill();
  }, 60_000);
});
