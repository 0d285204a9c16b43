import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { ConfigNode, LeaderElection, VersionLog, ZooKeeperSession } from '../src/index.js';
import { RC, type NativeAcl } from '../src/session/native-client.js';
import { RecordingLogger } from './support/recording-logger.js';
import { Stranger } from './support/stranger.js';
import { nativeOf, SESSION_TIMEOUT_MS, ZooKeeperFixture } from './support/zookeeper-fixture.js';

const zookeeper = new ZooKeeperFixture();
let stranger: Stranger;
const sessions: ZooKeeperSession[] = [];
beforeAll(async () => {
  await zookeeper.start();
  stranger = await Stranger.connect(zookeeper.server.connectString);
}, 60_000);
afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.close()));
});
afterAll(async () => {
  stranger.close();
  await zookeeper.stop();
}, 30_000);

const SECRET = { user: 'tally', password: 'a secret of theirs' };
const bytes = (text: string) => Buffer.from(text);

function begin(root: string, auth?: typeof SECRET) {
  const logger = new RecordingLogger();
  const connect = zookeeper.server.connectString;
  const sessionTimeoutMs = SESSION_TIMEOUT_MS;
  const session = new ZooKeeperSession({ connect, sessionTimeoutMs, logger, root, auth }).start();
  sessions.push(session);
  return { session, logger };
}

async function open(root: string, auth?: typeof SECRET) {
  const begun = begin(root, auth);
  await begun.session.whenConnected(10_000);
  return begun;
}

/** What a service makes in ZooKeeper: nodes of every kind. Gives their paths, the root's first. */
async function makeAll(session: ZooKeeperSession, root: string): Promise<readonly string[]> {
  const parse = (value: unknown) => value;
  await new ConfigNode({ session, path: '/shard-map', parse }).update(() => ({ epoch: 1 }));
  await new ConfigNode({ session, path: '/shard-map', parse }).update(() => ({ epoch: 2 }));
  const log = new VersionLog({
    session,
    path: '/types/versions',
    parse,
    onEntry: () => undefined,
  });
  await log.append({ name: 'view' });
  await session.create('/services/query/q-1', bytes('{}'), { ephemeral: true });
  const election = new LeaderElection({ session, name: 'one', candidate: 'me' });
  election.stand();
  await eventually('elected', () => election.isLeader);
  const [candidate] = await session.children('/elections/one');
  const below = ['/shard-map', '/types', '/types/versions', '/types/versions/0000000001'];
  const owned = ['/services', '/services/query', '/services/query/q-1', '/elections'];
  const elected = ['/elections/one', `/elections/one/${candidate ?? 'nobody'}`];
  return ['', ...below, ...owned, ...elected].map((path) => root + path);
}

async function expectClosed(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    expect({ path, ...(await stranger.tryAll(path)) }).toEqual({
      path,
      read: RC.noAuth,
      list: RC.noAuth,
      write: RC.noAuth,
      create: RC.noAuth,
      setRights: RC.noAuth,
    });
    // The right to delete is the parent's; above the root it is everybody's, while it is empty.
    const refused = path.lastIndexOf('/') === 0 ? RC.notEmpty : RC.noAuth;
    expect({ path, delete: await stranger.delete(path) }).toEqual({ path, delete: refused });
  }
}

describe('with a secret', () => {
  it('every node is closed to who does not have it', async () => {
    const { session } = await open('/closed', SECRET);
    const paths = await makeAll(session, '/closed');
    expect(paths).toHaveLength(11);
    await expectClosed(paths);
    const { session: other } = await open('/closed', SECRET);
    expect((await other.get('/shard-map'))?.data.toString()).toBe('{"epoch":2}');
    expect(await other.children('/services/query')).toEqual(['q-1']);
  });

  it('a new connection and a new session have it too, and what they make is closed', async () => {
    const { session } = await open('/again', SECRET);
    await session.create('/a', bytes('1'));
    await zookeeper.server.process.stop();
    await eventually('disconnected', () => session.state !== 'connected');
    await zookeeper.start();
    await eventually('connected again', () => session.state === 'connected');
    stranger.close();
    stranger = await Stranger.connect(zookeeper.server.connectString);
    expect((await session.get('/a'))?.data.toString()).toBe('1');
    const { generation } = session;
    await zookeeper.expire(session);
    await eventually('a new session', () => session.generation > generation);
    await session.whenConnected(10_000);
    expect((await session.get('/a'))?.data.toString()).toBe('1');
    await session.create('/b', bytes('2'), { ephemeral: true });
    await expectClosed(['/again', '/again/a', '/again/b']);
  }, 60_000);

  it('an open tree is taken over, and what a crash left open is closed by the next session', async () => {
    const { session: before } = await open('/taken');
    const paths = await makeAll(before, '/taken');
    // A right that somebody gave himself in time does not stay either.
    expect(await stranger.openForAll('/taken/types')).toBe(RC.ok);
    const { session, logger } = await open('/taken', SECRET);
    const isClosed = () =>
      logger.count('nodes that may have been open to all are closed now') === 1;
    await eventually('all is closed', isClosed);
    await expectClosed(paths);
    await expect(before.get('/shard-map')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('TALLY_ZOOKEEPER_AUTH_FILE'),
    });
    const native = nativeOf(session);
    const left = '/taken/types/left';
    await new Promise((resolve) => native.a_create(left, bytes('1'), 0, resolve));
    const { logger: next } = await open('/taken', SECRET);
    const message = 'nodes that may have been open to all are closed now';
    await eventually('what was left open is closed', () => next.count(message) === 1);
    expect(next.lines.find((line) => line.message === message)?.fields).toMatchObject({
      closed: 1,
    });
    await expectClosed([...paths, left]);
  });

  it('a new node that somebody changed before it was closed is made again', async () => {
    const { session, logger } = await open('/gap', SECRET);
    await session.create('/first', bytes('x'));
    for (const [number, harm] of [
      (path: string) => stranger.write(path),
      (path: string) => stranger.createBelow(path),
      (path: string) => stranger.take(path),
    ].entries()) {
      const path = `/config-${number}`;
      const codes = beforeNextClosing(session, harm);
      expect(await session.create(path, bytes('ours'))).toMatchObject({ kind: 'created', path });
      expect(await codes).toBe(RC.ok);
      expect(await session.get(path)).toMatchObject({ data: bytes('ours'), version: 0 });
      expect(await session.children(path)).toEqual([]);
      await expectClosed([`/gap${path}`]);
    }
    expect(logger.lines.filter(({ level }) => level === 'warn').length).toBeGreaterThanOrEqual(3);
  });

  it('another secret gets a clear sentence, again and again, and does not end', async () => {
    const { session: first } = await open('/theirs', SECRET);
    const { session, logger } = begin('/theirs', { ...SECRET, password: 'wrong' });
    const refused = () => logger.count('no connection to ZooKeeper');
    await eventually('refused three times', () => refused() >= 3);
    expect(session.state).toBe('connecting');
    expect(session.obstacle).toMatch(/closed to others; TALLY_ZOOKEEPER_AUTH_FILE has to name/);
    await expect(session.whenConnected(10)).rejects.toMatchObject({
      message: expect.stringContaining('TALLY_ZOOKEEPER_AUTH_FILE'),
    });
    expect(await first.get('/nothing')).toBeUndefined();
  });
});

/** Lets `harm` happen between the creation of the next node and its closing; gives harm's code. */
function beforeNextClosing(
  session: ZooKeeperSession,
  harm: (path: string) => Promise<number>,
): Promise<number> {
  const native = nativeOf(session);
  const close = native.a_set_acl.bind(native);
  return new Promise((resolve) => {
    native.a_set_acl = (path, version, acl: readonly NativeAcl[], done) => {
      native.a_set_acl = close;
      void harm(path).then((code) => {
        resolve(code);
        close(path, version, acl, done);
      });
      return RC.ok;
    };
  });
}
