import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, TcpProxy } from '@tally/testing';
import { LeaderElection, type ZooKeeperSession } from '../src/index.js';
import { ZooKeeperFixture } from './support/zookeeper-fixture.js';

const zookeeper = new ZooKeeperFixture();
beforeAll(() => zookeeper.start(), 60_000);
afterAll(() => zookeeper.stop(), 30_000);

interface Member {
  readonly session: ZooKeeperSession;
  readonly election: LeaderElection;
}

/** What happened in all members, in order. */
class History {
  readonly events: { readonly what: string; readonly atMs: number }[] = [];

  async member(name: string, candidate: string, connect?: string): Promise<Member> {
    const session = await zookeeper.session(connect);
    const election = new LeaderElection({ session, name, candidate });
    const record = (what: string) => () =>
      void this.events.push({ what: `${candidate} ${what}`, atMs: performance.now() });
    election.onElected(record('elected'));
    election.onLost(record('lost'));
    election.stand();
    return { session, election };
  }

  get order(): string[] {
    return this.events.map(({ what }) => what);
  }

  happened(what: string): Promise<unknown> {
    return eventually(what, () => this.order.includes(what));
  }
}

const leadersOf = (members: readonly Member[]) =>
  members.filter(({ election }) => election.isLeader);
const oneLeader = (members: readonly Member[]) =>
  eventually('one leader', () => leadersOf(members).length === 1);

describe('an election', () => {
  it('has one leader of three; when its session is killed another leads, and it stands again', async () => {
    const history = new History();
    const members = [await history.member('three', 'a')];
    await history.happened('a elected');
    members.push(await history.member('three', 'b'), await history.member('three', 'c'));
    const [first] = members;
    await eventually('three stand', async () => {
      return (await first?.session.children('/elections/three'))?.length === 3;
    });
    expect(leadersOf(members)).toEqual([first]);
    if (first !== undefined) await zookeeper.expire(first.session);
    await eventually('a new session', () => first?.session.generation === 2);
    await eventually('three stand again', async () => {
      return (await first?.session.children('/elections/three'))?.length === 3;
    });
    await oneLeader(members);
    // The server deleted the node before its owner could know: here the order is not ours.
    expect(history.order[0]).toBe('a elected');
    expect(history.order.slice(1).sort()).toEqual(['a lost', 'b elected']);
    await Promise.all(members.map(({ election }) => election.resign()));
    expect(await first?.session.children('/elections/three')).toEqual([]);
  });

  it('a leader that nobody can hear gives up before another is elected', async () => {
    const history = new History();
    const proxy = await TcpProxy.start(zookeeper.server.port);
    const cut = await history.member('partition', 'a', proxy.connectString);
    await history.happened('a elected');
    const other = await history.member('partition', 'b');
    await eventually('both stand', async () => {
      return (await other.session.children('/elections/partition')).length === 2;
    });
    proxy.holdBoth();
    await history.happened('b elected');
    expect(history.order).toEqual(['a elected', 'a lost', 'b elected']);
    const [, lost, elected] = history.events;
    expect(lost?.atMs).toBeLessThan(elected?.atMs ?? 0);
    expect([cut.election.isLeader, other.election.isLeader]).toEqual([false, true]);
    // Back again, it stands behind the leader.
    proxy.cut();
    await eventually('both stand', async () => {
      return (await other.session.children('/elections/partition')).length === 2;
    });
    expect(history.order).toHaveLength(3);
    await proxy.stop();
  });

  it('a freeze of ZooKeeper ends the leadership, and leaves one leader after it', async () => {
    const history = new History();
    const members = [await history.member('freeze', 'a'), await history.member('freeze', 'b')];
    await oneLeader(members);
    const [elected] = history.order;
    const leader = elected?.split(' ')[0];
    zookeeper.server.process.signal('SIGSTOP');
    await history.happened(`${leader} lost`);
    expect(leadersOf(members)).toEqual([]);
    zookeeper.server.process.signal('SIGCONT');
    await oneLeader(members);
    expect(history.order.slice(0, 2)).toEqual([`${leader} elected`, `${leader} lost`]);
    expect(history.order[2]).toMatch(/ elected$/);
  });

  it('a short interruption does not end the leadership', async () => {
    const history = new History();
    const proxy = await TcpProxy.start(zookeeper.server.port);
    const { session, election } = await history.member('blink', 'a', proxy.connectString);
    await history.happened('a elected');
    const states: string[] = [];
    session.onState((state) => states.push(state));
    proxy.cut();
    await eventually('connected again', () => states.at(-1) === 'connected');
    expect(states).toEqual(['suspended', 'connected']);
    expect(election.isLeader).toBe(true);
    expect(history.order).toEqual(['a elected']);
    await proxy.stop();
  });

  it('a leader that resigns says so before the next one is elected', async () => {
    const history = new History();
    const first = await history.member('resign', 'a');
    await history.happened('a elected');
    const second = await history.member('resign', 'b');
    await eventually('both stand', async () => {
      return (await second.session.children('/elections/resign')).length === 2;
    });
    await first.election.resign();
    await history.happened('b elected');
    expect(history.order).toEqual(['a elected', 'a lost', 'b elected']);
    first.election.stand();
    await second.election.resign();
    await eventually('a again', () => first.election.isLeader);
  });

  it('a leader whose node somebody deleted gives up and stands again', async () => {
    const history = new History();
    const { session } = await history.member('deleted', 'a');
    await history.happened('a elected');
    const [name] = await session.children('/elections/deleted');
    await session.delete(`/elections/deleted/${name}`);
    await eventually('elected again', () => history.order.length === 3);
    expect(history.order).toEqual(['a elected', 'a lost', 'a elected']);
  });

  it('a candidate between two others leaves without an election', async () => {
    const history = new History();
    const first = await history.member('middle', 'a');
    await history.happened('a elected');
    const second = await history.member('middle', 'b');
    const standing = (count: number) =>
      eventually(`${count} stand`, async () => {
        return (await first.session.children('/elections/middle')).length === count;
      });
    await standing(2);
    const third = await history.member('middle', 'c');
    await standing(3);
    await second.election.resign();
    await standing(2);
    expect(history.order).toEqual(['a elected']);
    await first.election.resign();
    await eventually('c leads', () => third.election.isLeader);
    expect(history.order).toEqual(['a elected', 'a lost', 'c elected']);
  });
});
