import { afterEach, describe, expect, it } from '@jest/globals';
import { KAFKA_ERRORS, type SaslExchange } from '@tally/kafka-wire';
import { eventually } from '@tally/testing';
import { AppendClient } from '../src/append/append-client.js';
import type { KafkaConfig } from '../src/kafka.js';
import { plainLogin, ScriptedCluster, TOPIC, type Whim } from './support/scripted-cluster.js';
import { SILENT } from './support/told-reader.js';

const toEnd: (() => unknown)[] = [];
afterEach(() => {
  for (const end of toEnd.splice(0).reverse()) end();
});

async function cluster(nodes = 1, partitions = 4): Promise<ScriptedCluster> {
  const started = await ScriptedCluster.start(nodes, partitions);
  toEnd.push(() => started.stop());
  return started;
}

function clientOf({ brokers }: ScriptedCluster, more: Partial<KafkaConfig> = {}): AppendClient {
  const config = { brokers, clientId: 'test', requestTimeoutMs: 300, ...more };
  const client = new AppendClient(config, SILENT);
  toEnd.push(() => client.close());
  return client;
}

const records = (...partitions: readonly number[]) =>
  partitions.map((partition, index) => ({ partition, value: Buffer.from(`v${index}`) }));

/** `unavailable`, with these words. */
const failure = (words: string) => ({
  code: 'unavailable',
  message: expect.stringContaining(words) as unknown,
});

describe('the append client', () => {
  it('asks once who leads, and appends at each leader what it leads', async () => {
    const log = await cluster(2);
    log.leaders[1] = log.leaders[3] = 1;
    const client = clientOf(log);
    const appended = await client.append(TOPIC, records(0, 1, 2, 3, 1), {});
    expect(new Set(appended.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2, 3]));
    expect(appended.every(({ appendMs }) => appendMs === 1_764_000_000_000)).toBe(true);
    await client.append(TOPIC, records(2), {});
    expect(log.kept).toEqual([['v0'], ['v1', 'v4'], ['v2', 'v0'], ['v3']]);
    expect(log.appends).toHaveLength(3);
    expect(new Set(log.appends)).toEqual(new Set(['0: 0,2', '0: 2', '1: 1,3']));
    expect([log.asked.get('metadata'), log.connections]).toEqual([1, 2]);
  });

  it('follows a partition that is led by another now, and sends nothing again that was taken', async () => {
    const log = await cluster(2);
    const client = clientOf(log);
    await client.append(TOPIC, records(0), {});
    log.leaders[1] = 1;
    const appended = await client.append(TOPIC, records(0, 1, 2), {});
    expect(new Set(appended.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2]));
    expect(log.appends).toEqual(['0: 0', '0: 0,1,2', '1: 1']);
  });

  it.each<[Whim, number]>([
    ['hangs up', 0],
    ['says nothing', 0],
    ['answers garbage', 0],
    // What was kept lies there twice, which readers recognise.
    ['keeps it and hangs up', 1],
    ['answers another', 1],
  ])('tries again at a broker that %s', async (whim, more) => {
    const log = await cluster();
    log.whims.push(whim);
    const client = clientOf(log);
    const others = await Promise.all([
      client.append(TOPIC, records(0), {}),
      client.append(TOPIC, records(1), {}),
    ]);
    expect(others.flat()).toHaveLength(2);
    expect(log.kept[0]).toHaveLength(1 + more);
  });

  it('waits for no answer longer than it may', async () => {
    const log = await cluster();
    log.whims.push('says nothing');
    await clientOf(log).append(TOPIC, records(0), {});
    expect([log.appends, log.connections]).toEqual([['0: 0', '0: 0'], 2]);
  });

  it('sends again alone what had no answer, or one that passes', async () => {
    const log = await cluster();
    const client = clientOf(log);
    log.whims.push('leaves a partition out');
    await client.append(TOPIC, records(0, 1, 2), {});
    log.whims.push(KAFKA_ERRORS.NOT_ENOUGH_REPLICAS);
    await client.append(TOPIC, records(0, 1), {});
    expect(log.appends).toEqual(['0: 0,1,2', '0: 0', '0: 0,1', '0: 1']);
  });

  it.each([
    ['TOPIC_AUTHORIZATION_FAILED', KAFKA_ERRORS.TOPIC_AUTHORIZATION_FAILED],
    ['MESSAGE_TOO_LARGE', KAFKA_ERRORS.MESSAGE_TOO_LARGE],
    ['9999', 9999],
  ])('is refused once with %s', async (name, code) => {
    const log = await cluster();
    log.whims.push(code);
    const refused = clientOf(log).append(TOPIC, records(0), {});
    await expect(refused).rejects.toMatchObject(failure(`partition 0: ${name}`));
    expect(log.appends).toHaveLength(1);
  });

  it('gives up after some tries', async () => {
    const log = await cluster();
    log.whims.push(...Array<Whim>(100).fill('hangs up'));
    const never = clientOf(log).append(TOPIC, records(0), {});
    await expect(never).rejects.toMatchObject(failure('hung up'));
    expect(log.appends).toHaveLength(6);
  });

  it('does not try for a topic that it may not know', async () => {
    const log = await cluster();
    log.topicError = KAFKA_ERRORS.TOPIC_AUTHORIZATION_FAILED;
    const refused = clientOf(log).append(TOPIC, records(0), {});
    await expect(refused).rejects.toMatchObject(failure('TOPIC_AUTHORIZATION_FAILED'));
    expect(log.asked.get('metadata')).toBe(1);
  });

  it('reaches the log by any broker, and speaks the versions that it serves', async () => {
    const log = await cluster();
    log.produceVersions = { min: 0, max: 3 };
    const brokers = ['127.0.0.1:1', ...log.brokers];
    expect(await clientOf(log, { brokers }).append(TOPIC, records(0), {})).toHaveLength(1);
    log.produceVersions = { min: 99, max: 100 };
    const refused = clientOf(log).append(TOPIC, records(0), {});
    await expect(refused).rejects.toMatchObject(failure('serves Produce 99 to 100, we 3 to 8'));
  });

  it('fails what waits when it is closed, and connects to nobody any more', async () => {
    const log = await cluster();
    const client = clientOf(log, { requestTimeoutMs: 60_000 });
    log.whims.push('says nothing');
    const waiting = client.append(TOPIC, records(0), {});
    const failed = expect(waiting).rejects.toMatchObject(failure('closed'));
    await eventually('it is sent', () => log.appends.length === 1);
    await client.close();
    await failed;
    await eventually('all are closed', () => log.openConnections === 0);
    const late = client.append(TOPIC, records(0), {});
    await expect(late).rejects.toMatchObject(failure('closed'));
    expect(log.connections).toBe(1);
  });
});

describe('the login of the append client', () => {
  const sasl = { mechanism: 'plain', username: 'me', password: 'secret' } as const;

  it('is made again on another connection before it ends, and nothing fails meanwhile', async () => {
    const log = await cluster();
    log.login = { lifetimeMs: 200n, exchange: () => plainLogin('me', 'secret') };
    const client = clientOf(log, { sasl });
    let appends = 0;
    await eventually('there were some logins', async () => {
      await client.append(TOPIC, records(0), {});
      appends += 1;
      return (log.asked.get('login') ?? 0) >= 4;
    });
    expect(log.kept[0]).toHaveLength(appends);
    await eventually('the old ones are closed', () => log.openConnections === 1);
  });

  it('is not tried again when it is refused', async () => {
    const log = await cluster();
    log.login = { lifetimeMs: 0n, exchange: () => plainLogin('me', 'another') };
    const refused = clientOf(log, { sasl }).append(TOPIC, records(0), {});
    await expect(refused).rejects.toMatchObject(failure('SASL_AUTHENTICATION_FAILED'));
    expect(log.asked.get('login')).toBe(1);
  });

  it('ends with a log that does not know the password, though it lets us in', async () => {
    const log = await cluster();
    const impostor = (): SaslExchange => {
      let nonce = '';
      return {
        next: async (token) => {
          nonce ||= /r=(.*)$/.exec(String(token))?.[1] ?? '';
          const said = String(token).startsWith('n,,')
            ? `r=${nonce}more,s=c2FsdA==,i=4096`
            : `v=${Buffer.alloc(32).toString('base64')}`;
          return { kind: 'challenge', token: Buffer.from(said) };
        },
      };
    };
    log.login = { lifetimeMs: 0n, exchange: impostor };
    const scram = { ...sasl, mechanism: 'scram-sha-256' } as const;
    const refused = clientOf(log, { sasl: scram }).append(TOPIC, records(0), {});
    await expect(refused).rejects.toMatchObject(failure('does not know the password'));
    expect(log.appends).toEqual([]);
  });
});

describe('appends at brokers of any mood', () => {
  const MOODS: readonly Whim[] = [
    'hangs up',
    'keeps it and hangs up',
    'answers another',
    'answers garbage',
    'leaves a partition out',
    KAFKA_ERRORS.NOT_LEADER_OR_FOLLOWER,
    KAFKA_ERRORS.KAFKA_STORAGE_ERROR,
    KAFKA_ERRORS.INVALID_RECORD,
  ];

  it('end, and what was confirmed is kept', async () => {
    const log = await cluster(3, 8);
    const client = clientOf(log);
    const random = (below: number) => Math.floor(Math.random() * below);
    let confirmed = 0;
    const sender = async (name: string) => {
      for (let round = 0; round < 40; round++) {
        if (random(3) === 0) log.whims.push(MOODS[random(MOODS.length)] ?? 'hangs up');
        if (random(4) === 0) log.leaders[random(8)] = random(3);
        const partitions = [...new Set([random(8), random(8), random(8)])];
        const value = `${name} ${round}`;
        const sent = partitions.map((partition) => ({ partition, value: Buffer.from(value) }));
        const appended = await client.append(TOPIC, sent, {}).catch(() => undefined);
        if (appended === undefined) continue;
        confirmed += 1;
        expect(new Set(appended.map(({ partition }) => partition))).toEqual(new Set(partitions));
        for (const partition of partitions) expect(log.kept[partition]).toContain(value);
      }
    };
    await Promise.all(['a', 'b', 'c', 'd'].map(sender));
    expect(confirmed).toBeGreaterThan(40);
  }, 60_000);
});
