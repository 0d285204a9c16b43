import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client, credentials, type ChannelCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readStatsAsOf, type StatsQuestion } from '@tally/client';
import { InstanceRegistry } from '@tally/discovery';
import { metadata } from '@tally/kafka-wire';
import { createLogger } from '@tally/service-kit';
import { eventually } from '@tally/testing';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import { ROOT, Secrets } from '@tally/tools';
import { ZooKeeperSession } from '@tally/zookeeper';
import { Kafka, type KafkaConfig } from 'kafkajs';
import pg from 'pg';
import { startPrivateStack, type PrivateStack } from './private-stack.js';

const SILENCE = { write: () => undefined };

let tally: PrivateStack;
let secrets: Secrets;
beforeAll(async () => {
  tally = await startPrivateStack({}, { secure: true });
  if (tally.secrets === undefined) throw new Error('expected a secure stack');
  secrets = tally.secrets;
}, 120_000);
afterAll(() => tally.stop(), 60_000);

const send = (authorization: string) =>
  fetch(`${tally.addresses.gateway}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify([{ id: 'only', type: 'order', subject: 'shop', value: 7 }]),
  });

/** host:port where the query service of the stack listens. */
async function addressOfQuery(): Promise<string> {
  const session = tally.openZooKeeper();
  const watch = new InstanceRegistry(session).watchInstances('query');
  try {
    const query = await eventually('query is seen', () => watch.instances[0] ?? false);
    return `${query.host}:${query.grpcPort}`;
  } finally {
    watch.close();
    await session.close();
  }
}

/** Resolves when a connection is up; rejects where none is within two seconds. */
async function reach(address: string, how: ChannelCredentials): Promise<void> {
  const client = new Client(address, how, { 'grpc.ssl_target_name_override': 'query' });
  try {
    await new Promise<void>((resolve, reject) => {
      client.waitForReady(Date.now() + 2000, (error) => (error ? reject(error) : resolve()));
    });
    // Of TLS 1.3 the client is through before the server has seen its certificate.
    await delay(200);
    await new Promise<void>((resolve, reject) => {
      const bytes = (value: Buffer) => value;
      const path = '/grpc.health.v1.Health/Check';
      const options = { deadline: Date.now() + 2000 };
      client.makeUnaryRequest(path, bytes, bytes, Buffer.alloc(0), options, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  } finally {
    client.close();
  }
}

function shownBy(from: Secrets): ChannelCredentials {
  const { cert, key } = from.certificates.of('gateway');
  const { ca } = secrets.certificates.of('gateway');
  return credentials.createSsl(readFileSync(ca), readFileSync(key), readFileSync(cert));
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** First line that Redis answers to the last of these commands. */
function askRedis(...commands: readonly string[]): Promise<string | undefined> {
  const socket = createConnection({
    host: '127.0.0.1',
    port: Number(new URL(tally.addresses.redis).port),
  });
  let said = '';
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const lines = said.split('\r\n').slice(0, -1);
      if (lines.length < commands.length) return;
      socket.destroy();
      resolve(lines.at(-1));
    });
    socket.write(commands.map((command) => `${command}\r\n`).join(''));
  });
}

describe('a stack that asks who comes in', () => {
  it('counts an event of who has the key, and takes none of who has not', async () => {
    expect((await send('')).status).toBe(401);
    expect((await send('Bearer guessed')).status).toBe(401);
    const apiKey = secrets.passwordOf('api-key');
    expect((await send(`Bearer ${apiKey}`)).status).toBe(202);
    const question: StatsQuestion = {
      type: 'order',
      subjects: ['shop'],
      functions: ['count', 'sum'],
      from: '2020-01-01T00:00:00Z',
      to: '2100-01-01T00:00:00Z',
    };
    const target = { gateway: tally.addresses.gateway, apiKey };
    const { series } = await readStatsAsOf(target, question, Date.now(), 30_000);
    expect(series[0]?.points[0]).toMatchObject({ count: 1, sum: 7 });
  }, 60_000);

  it('lets a service call another one by its certificate alone', async () => {
    const address = await addressOfQuery();
    await reach(address, shownBy(secrets));
    await expect(reach(address, credentials.createInsecure())).rejects.toThrow();
    const { ca } = secrets.certificates.of('gateway');
    await expect(reach(address, credentials.createSsl(readFileSync(ca)))).rejects.toThrow();
    const stranger = new Secrets(`${tally.dir}/stranger`);
    await expect(reach(address, shownBy(stranger))).rejects.toThrow();
  }, 30_000);

  it('has a log that answers nobody without a certificate, and then nobody without a user', async () => {
    const [host = '', port = ''] = tally.addresses.kafka.split(':');
    const plain = await KafkaConnection.open(Number(port));
    await expect(plain.ask(metadata, { topics: null })).rejects.toThrow('the log hung up');
    plain.close();
    const { cert, key, ca } = secrets.certificates.of('processor');
    const ssl = {
      cert: readFileSync(cert),
      key: readFileSync(key),
      ca: readFileSync(ca),
      servername: 'partition-log',
    };
    const ask = async (sasl: Pick<KafkaConfig, 'sasl'>) => {
      const retry = { retries: 0 };
      const kafka = new Kafka({ brokers: [`${host}:${port}`], ssl, ...sasl, retry, logLevel: 0 });
      const admin = kafka.admin();
      try {
        await admin.connect();
        return await admin.listTopics();
      } finally {
        await admin.disconnect();
      }
    };
    await expect(ask({})).rejects.toThrow();
    const mechanism = 'scram-sha-256';
    await expect(
      ask({ sasl: { mechanism, username: 'processor', password: 'guessed' } }),
    ).rejects.toThrow();
    const password = secrets.passwordOf('log-processor');
    expect(await ask({ sasl: { mechanism, username: 'processor', password } })).toHaveLength(1);
  }, 30_000);

  it('has a Postgres that lets in over TLS, and a writer that can count and no more', async () => {
    const url = tally.addresses.shards[0] ?? '';
    const writer = secrets.postgresUrl(url, 'tally-writer');
    expect(await query(writer, 'SELECT 1 AS one FROM series LIMIT 0')).toEqual([]);
    await expect(query(writer, 'DROP TABLE series')).rejects.toThrow('must be owner');
    await expect(query(writer, 'CREATE TABLE mine (id int)')).rejects.toThrow('permission denied');
    const plain = Object.assign(new URL(writer), { search: '' }).href;
    await expect(query(plain, 'SELECT 1')).rejects.toThrow('no encryption');
    const shown = new URL(writer);
    for (const name of ['sslcert', 'sslkey']) shown.searchParams.delete(name);
    await expect(query(shown.href, 'SELECT 1')).rejects.toThrow('certificate');
  }, 30_000);

  it('shows its installation to the tool that finds its secrets by the file of addresses', async () => {
    const show = async (addresses: object) => {
      writeFileSync(join(tally.dir, 'addresses.json'), JSON.stringify(addresses), { mode: 0o600 });
      const main = join(ROOT, 'tools/dist/installation/main.js');
      const env = { PATH: process.env['PATH'], TALLY_HOME: tally.dir };
      return (await promisify(execFile)(process.execPath, [main, 'show'], { env })).stdout;
    };
    expect(await show(tally.addresses)).toContain('they go together');
    await expect(show({ ...tally.addresses, tools: {} })).rejects.toThrow(
      'TALLY_ZOOKEEPER_AUTH_FILE has to name the file',
    );
  }, 60_000);

  it('has a ZooKeeper whose nodes are open to who has its secret alone', async () => {
    const ours = tally.openZooKeeper();
    const stranger = new ZooKeeperSession({
      connect: tally.addresses.zookeeper,
      logger: createLogger('stranger', { instance: 'stranger', logLevel: 'error' }, SILENCE),
    }).start();
    try {
      expect(await ours.children('/services')).toContain('query');
      const refused = 'the node is closed to others';
      await expect(stranger.children('/services')).rejects.toThrow(refused);
      await expect(stranger.create('/services/query/forged', Buffer.alloc(0))).rejects.toThrow(
        refused,
      );
    } finally {
      await stranger.close();
      await ours.close();
    }
  }, 30_000);

  it('has a Redis that asks for its password', async () => {
    expect(await askRedis('PING')).toMatch(/^-NOAUTH/);
    expect(await askRedis('AUTH guessed', 'PING')).toMatch(/^-NOAUTH/);
    expect(await askRedis(`AUTH ${secrets.passwordOf('redis')}`, 'PING')).toBe('+PONG');
  });
});
