import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { catalogKey, catalogTopic, encodeCatalogFields } from '@tally/contracts';
import { AppendClient, LogAdmin, type KafkaConfig } from '@tally/log-client';
import type { Logger } from '@tally/service-kit';
import {
  eventually,
  startPartitionLog,
  startZooKeeper,
  type PartitionLogServer,
  type ZooKeeperServer,
} from '@tally/testing';
import { FollowedCatalog } from '../src/followed-catalog.js';

jest.setTimeout(60_000);

const SILENT = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Logger;
const dir = mkdtempSync(join(tmpdir(), 'tally-followed-catalog-'));

describe('a catalogue that is followed', () => {
  let zookeeper: ZooKeeperServer;
  let log: PartitionLogServer;
  let kafka: KafkaConfig;
  let admin: LogAdmin;
  let appender: AppendClient;
  const { signal } = new AbortController();

  beforeAll(async () => {
    zookeeper = await startZooKeeper({ dir: join(dir, 'zookeeper') });
    log = await startPartitionLog({ dir, zookeeper: zookeeper.connectString });
    kafka = { brokers: [log.broker], clientId: 'test', requestTimeoutMs: 2000 };
    admin = new LogAdmin(kafka, SILENT);
    appender = new AppendClient(kafka, SILENT);
  });
  afterAll(async () => {
    await Promise.all([admin.close(), appender.close()]);
    await log.process.stop();
    await zookeeper.process.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const newTopic = () => `events-${randomBytes(8).toString('hex')}`;
  const follow = (eventsTopic: string, positionWaitMs = 60_000) =>
    new FollowedCatalog({
      dir: join(dir, 'catalog'),
      eventsTopic,
      kafka,
      admin,
      logger: SILENT,
      positionWaitMs,
    }).start();
  const put = async (eventsTopic: string, subject: string, owner?: string): Promise<bigint> => {
    const key = catalogKey('default', subject);
    const value = owner === undefined ? null : encodeCatalogFields({ owner });
    const records = [{ partition: 0, key, value }];
    const [appended] = await appender.append(catalogTopic(eventsTopic), records, {});
    return (appended?.offset ?? 0n) + 1n;
  };

  it('is empty as long as there is none, and waits for a position that comes', async () => {
    const topic = newTopic();
    const catalog = follow(topic);
    expect(catalog.reaches(0n)).toBe(true);
    expect(catalog.fields('default', 'a', 0n)).toBeUndefined();
    expect(catalog.reaches(1n)).toBe(false);
    expect(() => catalog.fields('default', 'a', 1n)).toThrow(RangeError);
    const reached = catalog.reach(3n, signal);
    await admin.createTopic(catalogTopic(topic), 1);
    await put(topic, 'a', 'ann');
    await put(topic, 'b', 'bob');
    await put(topic, 'a', 'cy');
    expect(await reached).toBe(true);
    const owners = [1n, 2n, 3n].map((position) => catalog.fields('default', 'a', position));
    expect(owners).toEqual([{ owner: 'ann' }, { owner: 'ann' }, { owner: 'cy' }]);
    await catalog.close();
  });

  it('says what is known of a subject now, with all that the log has', async () => {
    const topic = newTopic();
    const catalog = follow(topic);
    const latest = (subject: string) => catalog.latest('default', subject, signal);
    expect(await latest('a')).toBeUndefined();
    await admin.createTopic(catalogTopic(topic), 1);
    await put(topic, 'a', 'ann');
    await put(topic, 'a', 'bob');
    await put(topic, 'b', 'cy');
    expect(await latest('a')).toEqual({ fields: { owner: 'bob' }, position: 2n });
    expect(await latest('c')).toBeUndefined();
    await put(topic, 'a');
    expect(await latest('a')).toBeUndefined();
    await catalog.close();
  });

  it('goes on where it was, and takes in what comes without being asked', async () => {
    const topic = newTopic();
    await admin.createTopic(catalogTopic(topic), 1);
    const first = follow(topic);
    expect(await first.reach(await put(topic, 'a', 'ann'), signal)).toBe(true);
    await first.close();
    await put(topic, 'a');
    const second = follow(topic);
    await eventually('it is read on', async () => second.position === 2n);
    expect(second.fields('default', 'a', 1n)).toEqual({ owner: 'ann' });
    expect(second.fields('default', 'a', 2n)).toBeUndefined();
    await put(topic, 'a', 'bob');
    await eventually('it is read on', async () => second.position === 3n);
    await second.close();
  });

  it('says that a position is nowhere when the log ends before, and not before the log says so', async () => {
    const topic = newTopic();
    const catalog = follow(topic, 1000);
    expect(await catalog.reach(7n, signal)).toBe(false);
    await admin.createTopic(catalogTopic(topic), 1);
    await put(topic, 'a', 'ann');
    expect(await catalog.reach(2n, signal)).toBe(false);
    const stopping = new AbortController();
    const asked = catalog.reach(2n, stopping.signal);
    stopping.abort();
    expect(await asked).toBeUndefined();
    await catalog.close();
  });

  it('stands still with an alarm when the log begins behind what it needs', async () => {
    const topic = newTopic();
    await admin.createTopic(catalogTopic(topic), 1);
    for (const owner of ['ann', 'bob', 'cy']) await put(topic, 'a', owner);
    await admin.deleteRecords(catalogTopic(topic), 0, 2n);
    const warnings: unknown[] = [];
    const logger = { ...SILENT, warn: (said: unknown) => void warnings.push(said) } as Logger;
    const catalog = new FollowedCatalog({
      dir: join(dir, 'catalog'),
      eventsTopic: topic,
      kafka,
      admin,
      logger,
      positionWaitMs: 1000,
    }).start();
    await eventually('it says what is wrong', async () => warnings.length > 0);
    expect(catalog.position).toBe(0n);
    await catalog.close();
  });
});
