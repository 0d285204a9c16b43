import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { InstanceRegistry, type InstanceWatch, type ServiceInstance } from '../src/index.js';
import { SESSION_TIMEOUT_MS, ZooKeeperFixture } from './support/zookeeper-fixture.js';

const zookeeper = new ZooKeeperFixture();
beforeAll(() => zookeeper.start(), 60_000);
afterAll(() => zookeeper.stop(), 30_000);
// Sessions of an earlier test would all come back when a later one starts the server again.
afterEach(() => zookeeper.closeSessions(), 30_000);

function instance(id: string, startedAt = '2026-01-01T00:00:00.000Z') {
  const attributes = { shard: '0' };
  return {
    id,
    host: '127.0.0.1',
    grpcPort: 9200,
    adminPort: 9100,
    startedAt,
    version: '1',
    attributes,
  };
}

const idsOf = (instances: ReadonlyArray<ServiceInstance>) => instances.map(({ id }) => id).join();
const lists = (watch: InstanceWatch, ids: string) =>
  eventually(`${ids} are listed`, () => idsOf(watch.instances) === ids);

const timesLogged = (message: string) =>
  zookeeper.logged.filter((logged) => logged === message).length;

async function member(sessionTimeoutMs?: number) {
  const session = await zookeeper.session(sessionTimeoutMs);
  return { session, registry: new InstanceRegistry(session) };
}

describe('the registry of instances', () => {
  it('lists instances as they register and unregister', async () => {
    const [one, two, reader] = await Promise.all([member(), member(), member()]);
    const watch = reader.registry.watchInstances('plain');
    const first = one.registry.register('plain', instance('a'));
    two.registry.register('plain', instance('b'));
    await lists(watch, 'a,b');
    expect(watch.instances[0]).toEqual({ ...instance('a'), service: 'plain' });
    await first.unregister();
    expect(first.isRegistered).toBe(false);
    await lists(watch, 'b');
    watch.close();
  });

  it('skips a node that nobody can read, with a line in the log', async () => {
    const { session, registry } = await member();
    await session.create('/services/torn/bad', Buffer.from('{"id":'));
    await session.create('/services/torn/worse', Buffer.from('{"id":"worse"}'));
    registry.register('torn', instance('good'));
    const watch = registry.watchInstances('torn');
    await lists(watch, 'good');
    await eventually('two lines', () => timesLogged('an instance was skipped') === 2);
    watch.close();
  });

  it('registers again when somebody deleted the node', async () => {
    const [{ session, registry }, other] = await Promise.all([member(), member()]);
    const registration = registry.register('deleted', instance('a'));
    await eventually('registered', () => registration.isRegistered);
    const before = await session.get('/services/deleted/a');
    await other.session.delete('/services/deleted/a');
    const after = await eventually('there again', () => session.get('/services/deleted/a'));
    expect(after.changeId).toBeGreaterThan(before?.changeId ?? Infinity);
  });

  it("an old session's node is replaced, so that its expiry deletes nothing of ours", async () => {
    const [old, now, reader] = await Promise.all([member(), member(), member()]);
    const path = '/services/trap/a';
    // Byte for byte what the new session would write: only the owner is wrong.
    const earlier = old.registry.register('trap', instance('a'));
    const written = await eventually('written', () => old.session.get(path));
    await earlier.unregister();
    await old.session.create(path, written.data, { ephemeral: true });
    const registration = now.registry.register('trap', instance('a'));
    await eventually('registered', () => registration.isRegistered);
    expect((await reader.session.get(path))?.ephemeralOwner).toBe(now.session.sessionId);
    await old.session.close();
    expect((await reader.session.get(path))?.ephemeralOwner).toBe(now.session.sessionId);
  });

  it('of two processes with one id the later one stays, without a fight', async () => {
    const [early, late] = await Promise.all([member(), member()]);
    const second = late.registry.register('twins', instance('a', '2026-01-02T00:00:00Z'));
    await eventually('registered', () => second.isRegistered);
    const node = await late.session.get('/services/twins/a');
    const first = early.registry.register('twins', instance('a', '2026-01-01T00:00:00Z'));
    await eventually('complained', () =>
      timesLogged('a later process registered with the same id'),
    );
    expect([first.isRegistered, second.isRegistered]).toEqual([false, true]);
    expect((await late.session.get('/services/twins/a'))?.changeId).toBe(node?.changeId);
    await second.unregister();
    await eventually('the other takes over', () => first.isRegistered);
  });
});

describe('the registry of instances through outages', () => {
  async function cluster(service: string, sessionTimeoutMs = SESSION_TIMEOUT_MS) {
    const join = () => member(sessionTimeoutMs);
    const [one, two, reader] = await Promise.all([join(), join(), join()]);
    const registrations = [
      one.registry.register(service, instance('a')),
      two.registry.register(service, instance('b')),
    ];
    const watch = reader.registry.watchInstances(service);
    await lists(watch, 'a,b');
    const seen: string[] = [];
    watch.onChange((instances) => seen.push(idsOf(instances)));
    return { one, two, reader, registrations, watch, seen };
  }

  it('after kill -9 of ZooKeeper and a restart the registrations are there, and never went', async () => {
    // Long enough for a server that starts on a busy machine: within one timeout all must be back.
    const { one, two, registrations, reader, watch, seen } = await cluster('killed', 6000);
    const registeredOnReturn: (boolean | undefined)[] = [];
    one.session.onState((state) => {
      // The same session came back: what it owned never was in question.
      if (state === 'connected' && one.session.generation === 1)
        registeredOnReturn.push(registrations[0]?.isRegistered);
    });
    await zookeeper.server.process.kill();
    await eventually('noticed', () => one.session.state !== 'connected');
    expect(idsOf(watch.instances)).toBe('a,b');
    await zookeeper.start();
    await eventually('registered', () => registrations.every((item) => item.isRegistered));
    const owners = async () => {
      const ids = [one.session.sessionId, two.session.sessionId];
      const nodes = ['a', 'b'].map((id) => reader.session.get(`/services/killed/${id}`));
      const found = (await Promise.all(nodes)).map((node) => node?.ephemeralOwner);
      return found.join() === ids.join();
    };
    await eventually('owned by the present sessions', owners);
    expect(idsOf(watch.instances)).toBe('a,b');
    expect(seen.filter((ids) => ids !== 'a,b')).toEqual([]);
    expect(registeredOnReturn).not.toContain(false);
    // The watcher works, too: it sees a newcomer.
    reader.registry.register('killed', instance('c'));
    await lists(watch, 'a,b,c');
  }, 30_000);

  it('after a freeze that expired all sessions, instances register anew and stay listed', async () => {
    const { one, two, reader, registrations, watch, seen } = await cluster('frozen');
    zookeeper.server.process.signal('SIGSTOP');
    const expiredMs = performance.now() + 1.5 * SESSION_TIMEOUT_MS;
    const sessions = [one.session, two.session, reader.session];
    await eventually('all lost', () => sessions.every(({ state }) => state === 'lost'));
    expect(registrations.map((item) => item.isRegistered)).toEqual([false, false]);
    expect(idsOf(watch.instances)).toBe('a,b');
    // On waking the server finds all their timeouts passed, and deletes all the nodes.
    await eventually('expired', () => performance.now() > expiredMs);
    zookeeper.server.process.signal('SIGCONT');
    await eventually('registered anew', () => registrations.every((item) => item.isRegistered));
    await eventually('new sessions', () => sessions.every(({ generation }) => generation === 2));
    // Past the end of every old session nothing may vanish any more.
    await registrations[1]?.unregister();
    await lists(watch, 'a');
    expect(seen.filter((ids) => ids !== 'a,b')).toEqual(['a']);
    expect(registrations[0]?.isRegistered).toBe(true);
  }, 30_000);

  it('unregistering waits for no ZooKeeper that hangs: the node goes with its session', async () => {
    const { one, registrations, watch } = await cluster('hanging');
    zookeeper.server.process.signal('SIGSTOP');
    await eventually('noticed', () => one.session.state !== 'connected');
    let isDone = false;
    const unregistered = registrations[0]?.unregister().then(() => (isDone = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isDone).toBe(true);
    await unregistered;
    await one.session.close();
    zookeeper.server.process.signal('SIGCONT');
    await lists(watch, 'b');
  }, 30_000);

  it('a new session replaces the node of the one before, without waiting for its expiry', async () => {
    const sessionTimeoutMs = 4000;
    const session = await zookeeper.session(sessionTimeoutMs);
    const registration = new InstanceRegistry(session).register('successor', instance('a'));
    await eventually('registered', () => registration.isRegistered);
    const before = zookeeper.credentialsOf(session);
    await zookeeper.server.process.kill();
    await eventually('lost', () => session.state === 'lost');
    // After its start the server gives every session its full timeout again, and this one stays.
    await zookeeper.start();
    const endBefore = await zookeeper.keepAlive(before, sessionTimeoutMs);
    await eventually('registered again', () => registration.isRegistered);
    const owner = async () => (await session.get('/services/successor/a'))?.ephemeralOwner;
    expect(await owner()).toBe(session.sessionId);
    expect(session.sessionId).not.toBe(before.client_id);
    endBefore();
    expect(await owner()).toBe(session.sessionId);
  }, 30_000);
});
