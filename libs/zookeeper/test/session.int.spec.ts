import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, TcpProxy } from '@tally/testing';
import { ZooKeeperSession, type NodeValue, type SessionState } from '../src/index.js';
import { SESSION_TIMEOUT_MS, ZooKeeperFixture } from './support/zookeeper-fixture.js';

const zookeeper = new ZooKeeperFixture();
beforeAll(() => zookeeper.start(), 60_000);
afterAll(() => zookeeper.stop(), 30_000);

/** The native close blocks this process, the proxy in it too: its answer could not come. */
async function closeBehind(proxy: TcpProxy, session: ZooKeeperSession): Promise<void> {
  await proxy.stop();
  await eventually('disconnected', () => session.state !== 'connected');
  await session.close();
}

const bytes = (text: string) => Buffer.from(text);
const textOf = (node: NodeValue | undefined) => node?.data.toString();

describe('operations of a ZooKeeper session', () => {
  it('create makes parents, and says when the node exists', async () => {
    const session = await zookeeper.session();
    const created = await session.create('/operations/a/b', bytes('1'));
    expect(created).toEqual({ kind: 'created', path: '/operations/a/b', generation: 1 });
    expect(await session.create('/operations/a/b', bytes('2'))).toEqual({ kind: 'exists' });
    expect(textOf(await session.get('/operations/a/b'))).toBe('1');
    expect(await session.children('/operations')).toEqual(['a']);
  });

  it('what is missing is undefined, empty or "missing", and not an error', async () => {
    const session = await zookeeper.session();
    expect(await session.get('/missing')).toBeUndefined();
    expect(await session.children('/missing')).toEqual([]);
    expect(await session.setWithVersion('/missing', bytes('x'), 0)).toEqual({ kind: 'missing' });
    expect(await session.delete('/missing')).toEqual({ kind: 'missing' });
  });

  it('of two that set the same version one succeeds and the other learns of the conflict', async () => {
    const [one, two] = await Promise.all([zookeeper.session(), zookeeper.session()]);
    await one.create('/version', bytes('0'));
    const results = await Promise.all([
      one.setWithVersion('/version', bytes('one'), 0),
      two.setWithVersion('/version', bytes('two'), 0),
    ]);
    expect(results.map(({ kind }) => kind).sort()).toEqual(['conflict', 'set']);
    const winner = results[0].kind === 'set' ? 'one' : 'two';
    expect(await one.get('/version')).toMatchObject({ data: bytes(winner), version: 1 });
    expect(await one.delete('/version', 0)).toEqual({ kind: 'conflict' });
  });

  it('the version that means "any" to ZooKeeper is refused', async () => {
    const session = await zookeeper.session();
    await expect(session.setWithVersion('/version', bytes('x'), -1)).rejects.toThrow(TypeError);
  });

  it('data that the server would drop the connection for is refused before', async () => {
    const session = await zookeeper.session();
    const large = Buffer.alloc(1_000_001);
    await expect(session.create('/large', large)).rejects.toMatchObject({
      code: 'payload_too_large',
    });
  });

  it('without a server an operation ends with unavailable in its time', async () => {
    const session = new ZooKeeperSession({
      connect: '127.0.0.1:1',
      operationTimeoutMs: 100,
      logger: zookeeper.logger,
    }).start();
    await expect(session.get('/a')).rejects.toMatchObject({ code: 'unavailable' });
    expect(session.state).toBe('connecting');
    await session.close();
  });

  it('a host without an address is tried again and again until close', async () => {
    const options = { connect: 'no-such-host.invalid:2181', logger: zookeeper.logger };
    const before = zookeeper.logger.count('no connection to ZooKeeper');
    const session = new ZooKeeperSession(options).start();
    await eventually(
      'three attempts',
      () => zookeeper.logger.count('no connection to ZooKeeper') >= before + 3,
    );
    await session.close();
    expect(session.state).toBe('closed');
  });

  it('a server may have a name', async () => {
    const session = await zookeeper.session(`localhost:${zookeeper.server.port}`);
    expect(session.state).toBe('connected');
    // A machine without /etc/hosts asks its name server first.
  }, 30_000);

  it('close deletes the ephemeral nodes at once and fails what waits', async () => {
    const [closing, other] = await Promise.all([zookeeper.session(), zookeeper.session()]);
    await closing.create('/closing', bytes(''), { ephemeral: true });
    const outstanding = closing.get('/closing').catch((error: unknown) => error);
    await closing.close();
    expect(await outstanding).toMatchObject({ code: 'unavailable' });
    expect(await other.get('/closing')).toBeUndefined();
    await expect(closing.get('/closing')).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a create whose answer is lost', () => {
  async function createWithoutAnswer(path: string, sequential: boolean) {
    const observer = await zookeeper.session();
    const proxy = await TcpProxy.start(zookeeper.server.port);
    const session = await zookeeper.session(proxy.connectString);
    // Made before, so that one request decides.
    await observer.create(`${path}/parent`, bytes(''));
    proxy.holdAnswers();
    const creating = session.create(`${path}/x`, bytes('mine'), { ephemeral: true, sequential });
    const names = await eventually('the server made the node', async () => {
      const found = (await observer.children(path)).filter((name) => name !== 'parent');
      return found.length > 0 ? found : undefined;
    });
    proxy.cut();
    const result = await creating;
    const after = (await observer.children(path)).filter((name) => name !== 'parent');
    await closeBehind(proxy, session);
    return { names, result, after };
  }

  it('is found by its id when it is sequential, and not made twice', async () => {
    const { names, result, after } = await createWithoutAnswer('/ambiguous-sequential', true);
    expect(after).toEqual(names);
    expect(result).toMatchObject({ kind: 'created', path: `/ambiguous-sequential/${names[0]}` });
  }, 15_000);

  it('is known by its owner when it is ephemeral', async () => {
    const { names, result } = await createWithoutAnswer('/ambiguous', false);
    expect(names).toEqual(['x']);
    expect(result).toMatchObject({ kind: 'created', path: '/ambiguous/x' });
  }, 15_000);
});

describe('watches of a ZooKeeper session', () => {
  it('a watch delivers the absence, the creation, each change and the deletion of a node', async () => {
    const [writer, reader] = await Promise.all([zookeeper.session(), zookeeper.session()]);
    const seen: (string | undefined)[] = [];
    const unwatch = reader.watchData('/watched/node', (node) => seen.push(textOf(node)));
    const length = (count: number) => eventually(`${count} values`, () => seen.length === count);
    await length(1);
    await writer.create('/watched/node', bytes('a'));
    await length(2);
    await writer.setWithVersion('/watched/node', bytes('b'), 0);
    await length(3);
    await writer.delete('/watched/node');
    await length(4);
    await writer.create('/watched/node', bytes('c'));
    await length(5);
    expect(seen).toEqual([undefined, 'a', 'b', undefined, 'c']);
    unwatch();
    const last: (string | undefined)[] = [];
    reader.watchData('/watched/node', (node) => last.push(textOf(node)));
    await writer.setWithVersion('/watched/node', bytes('d'), 0);
    await eventually('the other watch saw it', () => last.at(-1) === 'd');
    expect(seen).toHaveLength(5);
  });

  it('a watch of children delivers the sorted names, also of a parent that comes later', async () => {
    const [writer, reader] = await Promise.all([zookeeper.session(), zookeeper.session()]);
    let names: readonly string[] | undefined;
    reader.watchChildren('/family', (now) => (names = now));
    await eventually('none', () => names?.length === 0);
    await writer.create('/family/b', bytes(''));
    await writer.create('/family/a', bytes(''));
    await eventually('both', () => names?.join() === 'a,b');
    await writer.delete('/family/b');
    await eventually('one', () => names?.join() === 'a');
  });

  it('a watch sees what changed while the session was expired and replaced', async () => {
    const [writer, reader] = await Promise.all([zookeeper.session(), zookeeper.session()]);
    await writer.create('/survives', bytes('before'));
    let value: string | undefined;
    reader.watchData('/survives', (node) => (value = textOf(node)));
    await eventually('the first value', () => value === 'before');
    await zookeeper.expire(reader);
    await writer.setWithVersion('/survives', bytes('during'), 0);
    await eventually('the second value', () => value === 'during');
    await eventually('a new session', () => reader.generation === 2);
    await writer.setWithVersion('/survives', bytes('after'), 1);
    await eventually('the third value', () => value === 'after');
  });
});

describe('the state of a ZooKeeper session', () => {
  function statesOf(session: ZooKeeperSession): SessionState[] {
    const states: SessionState[] = [];
    session.onState((state) => states.push(state));
    return states;
  }

  it('a broken connection suspends the session, and it comes back as the same one', async () => {
    const proxy = await TcpProxy.start(zookeeper.server.port);
    const session = await zookeeper.session(proxy.connectString);
    const states = statesOf(session);
    const { sessionId } = session;
    proxy.cut();
    await eventually('connected again', () => states.includes('connected'));
    expect(states).toEqual(['suspended', 'connected']);
    expect([session.sessionId, session.generation]).toEqual([sessionId, 1]);
    await closeBehind(proxy, session);
  });

  it('an expiry is followed by a new session with the next generation', async () => {
    const session = await zookeeper.session();
    const states = statesOf(session);
    const { sessionId } = session;
    await zookeeper.expire(session);
    await eventually('a new session', () => session.generation === 2);
    expect(states.slice(-2)).toEqual(['lost', 'connected']);
    expect(session.sessionId).not.toBe(sessionId);
    expect([session.isAlive(1), session.isAlive(2)]).toEqual([false, true]);
  });

  it('silence loses the session here before the server can have expired it', async () => {
    const proxy = await TcpProxy.start(zookeeper.server.port);
    const observer = await zookeeper.session();
    const session = await zookeeper.session(proxy.connectString);
    await session.create('/silent', bytes(''), { ephemeral: true });
    const silencedMs = performance.now();
    let lostMs: number | undefined;
    let goneMs: number | undefined;
    session.onState((state) => {
      if (state === 'lost') lostMs ??= performance.now();
    });
    observer.watchData('/silent', (node) => {
      if (node === undefined) goneMs ??= performance.now();
    });
    proxy.holdBoth();
    await eventually('the node is gone', () => goneMs !== undefined);
    expect(lostMs).toBeDefined();
    expect(lostMs).toBeLessThan(goneMs ?? 0);
    expect((lostMs ?? 0) - silencedMs).toBeLessThan(SESSION_TIMEOUT_MS);
    await closeBehind(proxy, session);
  });

  it('a process that was stopped knows at once that its session may be gone', async () => {
    let skewMs = 0;
    const session = new ZooKeeperSession({
      connect: zookeeper.server.connectString,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      logger: zookeeper.logger,
      now: () => performance.now() + skewMs,
    }).start();
    await session.whenConnected();
    skewMs = SESSION_TIMEOUT_MS;
    // No timer had a chance to run.
    expect([session.state, session.isAlive(1)]).toEqual(['lost', false]);
    await eventually('a new session', () => session.generation === 2);
    await session.close();
  });
});
