import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fetch, formatCredentials, KAFKA_ERRORS, metadata, produce } from '@tally/kafka-wire';
import { eventually } from '@tally/testing';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import kafkajs, { type SASLOptions } from 'kafkajs';
import { LogProcess } from './support/log-process.js';
import { batchOf, fetching, onlyPartition, producing } from './support/requests.js';
import { scramLogin } from './support/scram-login.js';

const SESSION_MS = 2000;
/** A client that wants to authenticate again so long before the end of its session does so long after it. */
const NEVER_IN_TIME = -1_000_000;
const PASSWORD = 'correct horse';
const dir = mkdtempSync(join(tmpdir(), 'tally-sessions-'));
const users = join(dir, 'users');
const log = new LogProcess({
  TALLY_KAFKA_SASL_FILE: users,
  TALLY_KAFKA_SASL_SESSION_MS: String(SESSION_MS),
});
const sasl: SASLOptions = { mechanism: 'scram-sha-256', username: 'writer', password: PASSWORD };

beforeAll(async () => {
  const lines = ['writer', 'other', 'removed'].map(linesOf);
  writeFileSync(users, (await Promise.all(lines)).join(''));
  await log.start();
  const admin = log.client({ sasl }).admin();
  await admin.connect();
  await admin.createTopics({
    topics: ['steady', 'cut', 'raw'].map((topic) => ({ topic, numPartitions: 1 })),
  });
  await admin.disconnect();
}, 60_000);
afterAll(async () => {
  await log.stop();
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

const linesOf = (user: string) => formatCredentials(user, PASSWORD);
const expiredSessions = () => log.metric('tally_kafka_refused_connections_total{reason="session"}');
const logins = () => log.metric('tally_kafka_requests_total{api="SaslAuthenticate",error="NONE"}');

/** Appends numbers one after the other until `isEnough`; how many there are. */
async function appendUntil(
  topic: string,
  reauthenticationThreshold: number,
  isEnough: () => Promise<boolean>,
): Promise<number> {
  const producer = log.client({ sasl, reauthenticationThreshold }).producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  let count = 0;
  while (!(await isEnough())) {
    await producer.send({ topic, messages: [{ value: String(count) }] });
    count++;
  }
  await producer.disconnect();
  return count;
}

const upTo = (count: number) => Array.from({ length: count }, (_, number) => String(number));

/** Values as they are read, by a member of a group that authenticates again so long before the end. */
async function reading(topic: string, reauthenticationThreshold: number) {
  const read: string[] = [];
  const consumer = log.client({ sasl, reauthenticationThreshold }).consumer({
    groupId: topic,
    maxWaitTimeInMs: 200,
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void read.push(String(message.value)) });
  return { read, stop: () => consumer.disconnect() };
}

describe('a log whose logins hold for a short time', () => {
  it('keeps the connections of a client that authenticates again: nothing is lost or read twice', async () => {
    const before = { logins: await logins(), expired: await expiredSessions() };
    const { read, stop } = await reading('steady', 1000);
    // Two answers a login: more than all connections need to be known once.
    const hasAgain = async () => (await logins()) >= before.logins + 30;
    const count = await appendUntil('steady', 1000, hasAgain);
    await eventually('all is read', () => read.length >= count);
    await stop();
    expect(read).toEqual(upTo(count));
    expect(await expiredSessions()).toBe(before.expired);
  });

  it('ends those of clients that do not, who connect again and go on: nothing is lost or read twice', async () => {
    const before = await expiredSessions();
    const { read, stop } = await reading('cut', NEVER_IN_TIME);
    const hasExpired = async () => (await expiredSessions()) >= before + 6;
    const count = await appendUntil('cut', NEVER_IN_TIME, hasExpired);
    await eventually('all is read', () => read.length >= count);
    await stop();
    expect(read).toEqual(upTo(count));
    const said = readFileSync(join(log.dir, 'partition-log.log'), 'utf8');
    expect(said).toContain('the session of writer is over');
  });

  it('answers what was asked in time, and nothing after the end but who it is', async () => {
    const client = await KafkaConnection.open(log.port);
    const { sessionLifetimeMs } = await scramLogin(client, 'writer', PASSWORD);
    expect(sessionLifetimeMs).toBe(BigInt(SESSION_MS));
    let answered = 0;
    // As fast as a client can, several at once, until the log hangs up.
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (;;) {
          const answer = await client
            .ask(produce, producing('raw', 0, batchOf('x')))
            .catch(() => undefined);
          if (answer === undefined) return;
          expect(onlyPartition(answer).errorCode).toBe(KAFKA_ERRORS.NONE);
          answered++;
        }
      }),
    );
    const other = await KafkaConnection.open(log.port);
    await scramLogin(other, 'writer', PASSWORD);
    const { highWatermark } = onlyPartition(await other.ask(fetch, fetching('raw', { 0: 0n })));
    expect(highWatermark).toBe(BigInt(answered));
    other.close();
  });

  it('lets who is silent past the end authenticate again, and as nobody else', async () => {
    const clients = await Promise.all(
      ['writer', 'other', 'removed'].map(async (user) => {
        const client = await KafkaConnection.open(log.port);
        expect((await scramLogin(client, user, PASSWORD)).errorCode).toBe(KAFKA_ERRORS.NONE);
        return client;
      }),
    );
    const [writer, other, removed] = clients;
    if (writer === undefined || other === undefined || removed === undefined) throw new Error();
    const asking = await KafkaConnection.open(log.port);
    await scramLogin(asking, 'writer', PASSWORD);
    // Its own end comes after that of the three.
    await eventually('the sessions are over', () =>
      asking.ask(metadata, { topics: [] }).then(
        () => false,
        () => true,
      ),
    );
    writeFileSync(users, (await linesOf('writer')) + (await linesOf('other')));
    expect((await scramLogin(writer, 'writer', PASSWORD)).errorCode).toBe(KAFKA_ERRORS.NONE);
    expect((await writer.ask(metadata, { topics: [] })).brokers).toHaveLength(1);
    const failed = KAFKA_ERRORS.SASL_AUTHENTICATION_FAILED;
    expect((await scramLogin(other, 'writer', PASSWORD)).errorCode).toBe(failed);
    expect((await scramLogin(removed, 'removed', PASSWORD)).errorCode).toBe(failed);
    await Promise.all([other.closed, removed.closed]);
    writer.close();
  });
});
