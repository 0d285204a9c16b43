import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  startPartitionLog,
  startZooKeeper,
  type PartitionLogServer,
  type ZooKeeperServer,
} from '@tally/testing';
import { AppendClient } from '../src/append/append-client.js';
import type { KafkaConfig } from '../src/kafka.js';
import { LogAdmin } from '../src/log-admin.js';
import { LogReader } from '../src/log-reader.js';
import { SILENT } from './support/told-reader.js';

const dir = mkdtempSync(join(tmpdir(), 'tally-log-reader-'));
const topic = `dead-letters-${randomBytes(8).toString('hex')}`;
const AT_ONCE = { maxBytes: 1 << 20, maxWaitMs: 0 };

describe('a reader of offsets', () => {
  let zookeeper: ZooKeeperServer;
  let log: PartitionLogServer;
  let admin: LogAdmin;
  let appender: AppendClient;
  let reader: LogReader;

  beforeAll(async () => {
    zookeeper = await startZooKeeper({ dir: join(dir, 'zookeeper') });
    log = await startPartitionLog({ dir, zookeeper: zookeeper.connectString });
    const kafka: KafkaConfig = { brokers: [log.broker], clientId: 'test', requestTimeoutMs: 2000 };
    admin = new LogAdmin(kafka, SILENT);
    appender = new AppendClient(kafka, SILENT);
    reader = new LogReader(kafka);
    await admin.createTopic(topic, 2);
  });
  afterAll(async () => {
    await Promise.all([admin.close(), appender.close(), reader.close()]);
    await log.process.stop();
    await zookeeper.process.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const append = (partition: number, value: string) =>
    appender.append(topic, [{ partition, value: Buffer.from(value) }], {});
  const read = async (positions: readonly (readonly [number, bigint])[], limits = AT_ONCE) => {
    const parts = await reader.read(topic, new Map(positions), limits);
    return [...parts]
      .sort((one, other) => one.partition - other.partition)
      .map(({ partition, high, records }) => [
        `${partition} ends at ${high}`,
        ...records.map(({ offset, value }) => `${offset} ${value?.toString()}`),
      ]);
  };

  it('gets what lies there of each partition, and says where it ends', async () => {
    for (const value of ['a', 'b', 'c']) await append(0, value);
    expect(await append(1, 'd')).toMatchObject([{ partition: 1, offset: 0n }]);
    expect(
      await read([
        [0, 1n],
        [1, 0n],
      ]),
    ).toEqual([
      ['0 ends at 3', '1 b', '2 c'],
      ['1 ends at 1', '0 d'],
    ]);
    // At least a batch, however small the bound.
    expect(await read([[0, 0n]], { maxBytes: 1, maxWaitMs: 0 })).toEqual([['0 ends at 3', '0 a']]);
  });

  it('gets nothing where the log begins later, or has nothing yet', async () => {
    await admin.deleteRecords(topic, 0, 2n);
    expect(await read([[0, 0n]])).toEqual([['0 ends at 3']]);
    expect(await read([[0, 3n]])).toEqual([['0 ends at 3']]);
  });

  it('waits for what comes', async () => {
    const waiting = read([[0, 3n]], { maxBytes: 1 << 20, maxWaitMs: 1000 });
    await append(0, 'e');
    expect(await waiting).toEqual([['0 ends at 4', '3 e']]);
  });

  it('says that it is unavailable where there is no such topic or partition', async () => {
    const gone = reader.read('dead-letters-of-nobody', new Map([[0, 0n]]), AT_ONCE);
    await expect(gone).rejects.toMatchObject({ code: 'unavailable' });
    await expect(read([[9, 0n]])).rejects.toMatchObject({ code: 'unavailable' });
  });
});
