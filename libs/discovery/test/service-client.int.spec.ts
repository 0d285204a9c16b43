import { afterEach, describe, expect, it } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { eventually, freePort } from '@tally/testing';
import { ServiceClient, type InstanceSource, type ServiceInstance } from '../src/index.js';
import { EchoClient, EchoServer, type EchoResponse } from './support/echo-server.js';

/** The watched instances, as the test says. */
class Instances implements InstanceSource {
  private readonly listeners = new Set<(instances: ReadonlyArray<ServiceInstance>) => void>();
  constructor(public instances: ReadonlyArray<ServiceInstance>) {}

  onChange(listener: (instances: ReadonlyArray<ServiceInstance>) => void) {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  become(instances: ReadonlyArray<ServiceInstance>): void {
    this.instances = instances;
    for (const listener of this.listeners) listener(instances);
  }
}

function instance(id: string, grpcPort: number, shard = '0'): ServiceInstance {
  const startedAt = '2026-01-01T00:00:00Z';
  const address = { host: '127.0.0.1', grpcPort, adminPort: 1 };
  return { id, service: 'echo', ...address, startedAt, version: '1', attributes: { shard } };
}

const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

async function start(id: string, port?: number) {
  const server = await EchoServer.start(id, port);
  ended.push(() => server.kill());
  return server;
}

function clientOf(instances: InstanceSource): ServiceClient {
  const balancer = { minEjectionMs: 100, maxEjectionMs: 400 };
  const client = new ServiceClient({ client: EchoClient, service: 'echo', instances, balancer });
  ended.push(() => client.close());
  return client;
}

const say = (client: ServiceClient, text: string, more: object = {}) =>
  client.call<EchoResponse>('Say', { text }, { deadlineMs: 5000, ...more });

async function pair() {
  const [a, b] = await Promise.all([start('a'), start('b')]);
  const instances = new Instances([instance('a', a.port, '0'), instance('b', b.port, '1')]);
  return { a, b, instances, client: clientOf(instances) };
}

describe('a client of a service', () => {
  it('spreads calls over the instances, and asks only those selected', async () => {
    const { a, b, client } = await pair();
    await Promise.all(Array.from({ length: 40 }, () => say(client, 'hello')));
    expect(a.calls + b.calls).toBe(40);
    expect(Math.min(a.calls, b.calls)).toBeGreaterThan(5);
    const select = ({ attributes }: ServiceInstance) => attributes['shard'] === '1';
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => say(client, 'x', { select })),
    );
    expect(answers.map((answer) => answer.instance)).toEqual(['b', 'b', 'b', 'b', 'b']);
  });

  it('when one of two instances dies calls go on, and it is asked again when it is back', async () => {
    const { a, client } = await pair();
    await Promise.all(Array.from({ length: 10 }, () => say(client, 'warm up')));
    a.kill();
    const outcomes: string[] = [];
    for (let index = 0; index < 50; index++) {
      const answer = say(client, `call ${index}`, { idempotent: true });
      outcomes.push(
        await answer.then(
          ({ instance: by }) => by,
          () => 'failed',
        ),
      );
    }
    // One call may have been sent before the connection was known to be gone.
    expect(outcomes.filter((outcome) => outcome === 'failed').length).toBeLessThanOrEqual(1);
    expect(outcomes.slice(1).every((outcome) => outcome === 'b')).toBe(true);
    const again = await start('a', a.port);
    await eventually('the instance is asked again', async () => {
      await say(client, 'anybody', { idempotent: true });
      return again.calls > 2;
    });
  });

  it('a call that reached an instance which then died is not sent again', async () => {
    const { a, b, client } = await pair();
    const select = ({ id }: ServiceInstance) => id === 'a' || a.hangingCalls > 0;
    const call = say(client, 'hang', { idempotent: true, select }).catch((error: unknown) => error);
    await eventually('it is under way', () => a.hangingCalls === 1);
    a.kill();
    expect(await call).toMatchObject({ code: 'unavailable' });
    expect(b.calls).toBe(0);
  });

  it('without a connection only an idempotent call is tried elsewhere, once', async () => {
    const b = await start('b');
    const dead = await freePort();
    const instances = [instance('dead', dead), instance('b', b.port)];
    // Enough fresh clients that some pick the dead instance first.
    const outcomes = async (idempotent: boolean) =>
      Promise.all(
        Array.from({ length: 20 }, () =>
          say(clientOf(new Instances(instances)), 'x', { idempotent }).then(
            ({ instance: by }) => by,
            ({ code }: { code: string }) => code,
          ),
        ),
      );
    expect(new Set(await outcomes(true))).toEqual(new Set(['b']));
    expect(new Set(await outcomes(false))).toEqual(new Set(['b', 'unavailable']));
    const alone = clientOf(new Instances([instance('dead', dead)]));
    const error = say(alone, 'x', { idempotent: true });
    await expect(error).rejects.toThrow(`echo: no connection to dead at 127.0.0.1:${dead}`);
  });

  it('without a known instance it fails at once and says so', async () => {
    const client = clientOf(new Instances([]));
    await expect(say(client, 'x')).rejects.toMatchObject({
      code: 'unavailable',
      message: 'no instance of echo can be asked (0 known, none eligible)',
    });
  });

  it('the code of ours wins over the gRPC status, and a status alone is mapped', async () => {
    const { client } = await pair();
    const codeOf = (text: string) =>
      say(client, text).then(
        () => 'no error',
        ({ code }: { code: string }) => code,
      );
    expect(await codeOf('fail:stale_epoch')).toBe('stale_epoch');
    expect(await codeOf('fail:made_up')).toBe('internal');
    expect(await codeOf(`status:${status.NOT_FOUND}`)).toBe('not_found');
    expect(await codeOf(`status:${status.UNKNOWN}`)).toBe('internal');
  });

  it('a call ends at its deadline, or when its caller aborts it', async () => {
    const { a, b, client } = await pair();
    await say(client, 'warm up');
    await expect(say(client, 'hang', { deadlineMs: 100 })).rejects.toMatchObject({
      code: 'deadline_exceeded',
    });
    const abort = new AbortController();
    const call = say(client, 'hang', { signal: abort.signal });
    await eventually('two are under way', () => a.hangingCalls + b.hangingCalls === 2);
    abort.abort(new Error('no longer needed'));
    await expect(call).rejects.toThrow('no longer needed');
    await expect(say(client, 'x', { signal: abort.signal })).rejects.toThrow('no longer needed');
  });

  it('a call without a deadline and a method that is not there are bugs', async () => {
    const { client } = await pair();
    await expect(say(client, 'x', { deadlineMs: Number.NaN })).rejects.toThrow(TypeError);
    const unknown = client.call('Shout', {}, { deadlineMs: 1 });
    await expect(unknown).rejects.toThrow('expected a unary method of /tally.test.v1.Echo/Say');
  });

  it('a call under way ends well although its instance left the list', async () => {
    const { a, b, instances, client } = await pair();
    const call = say(client, 'hang');
    await eventually('it is under way', () => a.hangingCalls + b.hangingCalls === 1);
    instances.become([]);
    await expect(say(client, 'x')).rejects.toMatchObject({ code: 'unavailable' });
    a.releaseAll();
    b.releaseAll();
    expect(await call).toMatchObject({ text: 'hang' });
  });

  it('a call that is still connecting ends well although its instance left the list', async () => {
    const { instances, client } = await pair();
    const call = say(client, 'hello');
    instances.become([]);
    expect(await call).toMatchObject({ text: 'hello' });
  });

  it('probe tells how one instance is', async () => {
    const { a, client } = await pair();
    a.health.setStatus('', 'NOT_SERVING');
    const probe = (id: string) =>
      client.probe({ deadlineMs: 1000, select: (candidate) => candidate.id === id });
    expect(await probe('a')).toMatchObject({ instance: { id: 'a' }, status: 'NOT_SERVING' });
    expect(await probe('b')).toMatchObject({ instance: { id: 'b' }, status: 'SERVING' });
  });
});
