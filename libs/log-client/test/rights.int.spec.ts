import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { formatCredentials } from '@tally/kafka-wire';
import type { Logger } from '@tally/service-kit';
import {
  eventually,
  startPartitionLog,
  startZooKeeper,
  type PartitionLogServer,
  type ZooKeeperServer,
} from '@tally/testing';
import kafkajs from 'kafkajs';
import { AppendClient } from '../src/append/append-client.js';
import { GroupReader } from '../src/group-reader.js';
import { createKafka, type KafkaConfig } from '../src/kafka.js';
import { LogAdmin } from '../src/log-admin.js';
import { LogReader } from '../src/log-reader.js';

jest.setTimeout(60_000);

/** What is shipped for Tally's own services. */
const RIGHTS = new URL('../../../apps/partition-log/tally.acl', import.meta.url);
const SILENT = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Logger;
const dir = mkdtempSync(join(tmpdir(), 'tally-rights-'));
const [users, rights] = [join(dir, 'users'), join(dir, 'rights')];
const TOPIC = `events-${randomBytes(8).toString('hex')}`;
const LETTERS = TOPIC.replace('events-', 'dead-letters-');
const CATALOG = TOPIC.replace('events-', 'catalog-');
const toClose: { close(): Promise<void> }[] = [];
let zookeeper: ZooKeeperServer;
let log: PartitionLogServer;

beforeAll(async () => {
  copyFileSync(RIGHTS, rights);
  const lines = ['partitioner', 'processor', 'dead-letter-replayer', 'tools', 'query'].map((user) =>
    formatCredentials(user, user),
  );
  writeFileSync(users, (await Promise.all(lines)).join(''));
  zookeeper = await startZooKeeper({ dir: join(dir, 'zookeeper') });
  const env = { TALLY_KAFKA_SASL_FILE: users, TALLY_KAFKA_ACL_FILE: rights };
  log = await startPartitionLog({ dir, zookeeper: zookeeper.connectString, env });
  await adminOf('partitioner').createTopic(TOPIC, 1);
});
afterAll(async () => {
  await Promise.all(toClose.map((client) => client.close()));
  await log.process.stop();
  await zookeeper.process.stop();
  rmSync(dir, { recursive: true, force: true });
});

function kafkaOf(user: string): KafkaConfig {
  const sasl = { mechanism: 'scram-sha-256', username: user, password: user } as const;
  return { brokers: [log.broker], clientId: user, requestTimeoutMs: 2000, sasl };
}

function adminOf(user: string): LogAdmin {
  const admin = new LogAdmin(kafkaOf(user), SILENT);
  toClose.push(admin);
  return admin;
}

function appenderOf(user: string): AppendClient {
  const appender = new AppendClient(kafkaOf(user), SILENT);
  toClose.push(appender);
  return appender;
}

/** What a member of this group reads; undefined where it is not let in. */
async function readAs(user: string, groupId: string): Promise<string[] | undefined> {
  const read: string[] = [];
  const reader = new GroupReader({
    kafka: kafkaOf(user),
    logger: SILENT,
    groupId,
    topic: TOPIC,
    sessionTimeoutMs: 3000,
    maxWaitMs: 50,
    minBytes: 1,
    maxBytesPerPartition: 1 << 20,
    onAssigned: (assignment) => assignment.readFrom(0, 0n),
    onRecords: async (_, _partition, records) =>
      void read.push(...records.map(({ value }) => String(value))),
    onSkipped: () => undefined,
    onDamaged: () => undefined,
    onRestart: () => undefined,
    onGivenUp: () => undefined,
  });
  try {
    await reader.start();
    await eventually('something is read', () => read.length > 0, { timeoutMs: 5000 });
    return read;
  } catch {
    return undefined;
  } finally {
    await reader.stop();
  }
}

/** Times that somebody was refused. */
async function refusals(): Promise<number> {
  const text = await (await fetch(`${log.admin}/metrics`)).text();
  const counts = text.matchAll(/^tally_kafka_authorization_failures_total\{.*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** The rights of one user, as another is told of them. */
async function rightsOf(of: string, user: string) {
  const admin = createKafka(kafkaOf(user), SILENT).admin();
  await admin.connect();
  try {
    const { resources } = await admin.describeAcls({
      resourceType: kafkajs.AclResourceTypes.ANY,
      resourcePatternType: kafkajs.ResourcePatternTypes.ANY,
      operation: kafkajs.AclOperationTypes.ANY,
      permissionType: kafkajs.AclPermissionTypes.ANY,
      principal: `User:${of}`,
    });
    return resources.map(({ resourceName, acls }) => [
      resourceName,
      ...acls.map(({ operation }) => operation),
    ]);
  } finally {
    await admin.disconnect();
  }
}

const append = (user: string, topic = TOPIC) =>
  appenderOf(user).append(topic, [{ partition: 0, value: Buffer.from('a block') }], {});

async function recordsAs(user: string, topic: string): Promise<(string | undefined)[]> {
  const reader = new LogReader(kafkaOf(user));
  toClose.push(reader);
  const limits = { maxBytes: 1 << 20, maxWaitMs: 0 };
  const [read] = await reader.read(topic, new Map([[0, 0n]]), limits);
  return read?.records.map(({ value }) => value?.toString()) ?? [];
}

it('each service may do what it does, by the rights that are shipped', async () => {
  const partitioner = adminOf('partitioner');
  expect(await partitioner.createTopic(TOPIC, 1)).toBe(false);
  expect(await partitioner.eventsTopics()).toEqual([TOPIC]);
  await partitioner.assertTopic(TOPIC, 1);
  await partitioner.reach();
  expect(await append('partitioner')).toHaveLength(1);
  expect((await partitioner.bounds(TOPIC)).get(0)).toEqual({ low: 0n, high: 1n });
  const processor = adminOf('processor');
  await processor.assertTopic(TOPIC, 1);
  expect((await processor.bounds(TOPIC)).get(0)?.high).toBe(1n);
  expect(await processor.offsetAt(TOPIC, 0, 0)).toBe(0n);
  expect(await readAs('processor', `processor-${TOPIC}`)).toEqual(['a block']);
  await processor.deleteRecords(TOPIC, 0, 0n);
  expect(await processor.createTopic(LETTERS, 1)).toBe(true);
  expect(await append('processor', LETTERS)).toMatchObject([{ offset: 0n }]);
  expect(await recordsAs('processor', LETTERS)).toEqual(['a block']);
  expect(await recordsAs('dead-letter-replayer', LETTERS)).toEqual(['a block']);
  const replayer = adminOf('dead-letter-replayer');
  expect(await replayer.hasTopic(LETTERS)).toBe(true);
  await replayer.deleteRecords(LETTERS, 0, 1n);
  expect((await replayer.bounds(LETTERS)).get(0)).toEqual({ low: 1n, high: 1n });
  expect(await partitioner.createTopic(CATALOG, 1)).toBe(true);
  expect(await append('partitioner', CATALOG)).toMatchObject([{ offset: 0n }]);
  expect((await partitioner.bounds(CATALOG)).get(0)).toEqual({ low: 0n, high: 1n });
  expect(await recordsAs('processor', CATALOG)).toEqual(['a block']);
  expect(await recordsAs('dead-letter-replayer', CATALOG)).toEqual(['a block']);
  expect(await adminOf('tools').eventsTopics()).toEqual([TOPIC]);
  expect(await refusals()).toBe(0);
});

it('and nothing of what another does', async () => {
  await expect(append('processor')).rejects.toThrow();
  await expect(append('tools')).rejects.toThrow();
  await expect(append('dead-letter-replayer', LETTERS)).rejects.toThrow();
  await expect(append('partitioner', LETTERS)).rejects.toThrow();
  await expect(append('processor', CATALOG)).rejects.toThrow();
  await expect(append('dead-letter-replayer', CATALOG)).rejects.toThrow();
  await expect(adminOf('partitioner').deleteRecords(CATALOG, 0, 1n)).rejects.toThrow();
  await expect(recordsAs('partitioner', LETTERS)).rejects.toThrow();
  await expect(adminOf('processor').deleteRecords(LETTERS, 0, 1n)).rejects.toThrow();
  await expect(adminOf('dead-letter-replayer').bounds(TOPIC)).rejects.toThrow();
  expect(await readAs('partitioner', `processor-${TOPIC}`)).toBeUndefined();
  expect(await readAs('processor', 'another-group')).toBeUndefined();
  await expect(adminOf('processor').createTopic('events-of-mine', 1)).rejects.toThrow();
  await expect(adminOf('partitioner').createTopic('else', 1)).rejects.toThrow();
  await expect(adminOf('query').bounds(TOPIC)).rejects.toThrow();
  await expect(adminOf('partitioner').deleteRecords(TOPIC, 0, 1n)).rejects.toThrow(
    'Not authorized',
  );
  expect(await adminOf('query').eventsTopics()).toEqual([]);
  expect((await adminOf('partitioner').bounds(TOPIC)).get(0)).toEqual({ low: 0n, high: 1n });
  expect(await refusals()).toBeGreaterThan(0);
});

it('a change of the file holds at once, a broken one changes nothing', async () => {
  const before = readFileSync(rights, 'utf8');
  const replace = (text: string) => {
    writeFileSync(`${rights}.new`, text);
    renameSync(`${rights}.new`, rights);
  };
  const query = adminOf('query');
  await expect(rightsOf('query', 'query')).rejects.toThrow();
  replace(`${before}User:query describe topic prefixed events-\nUser:query describe cluster\n`);
  await eventually('it is seen', async () => (await query.eventsTopics()).length === 1);
  expect(await rightsOf('query', 'query')).toEqual([
    ['events-', kafkajs.AclOperationTypes.DESCRIBE],
    ['kafka-cluster', kafkajs.AclOperationTypes.DESCRIBE],
  ]);
  replace('User:query fly topic prefixed events-\n');
  const said = () => readFileSync(log.process.options.logFile, 'utf8');
  await eventually('it is told', () => said().includes('the file of rights cannot be used'));
  expect(await query.eventsTopics()).toEqual([TOPIC]);
  replace(before);
  await eventually('it is taken back', async () => (await query.eventsTopics()).length === 0);
});
