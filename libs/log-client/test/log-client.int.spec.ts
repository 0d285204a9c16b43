import { randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { within } from '@tally/resilience';
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
import type { GroupReader, GroupReaderOptions } from '../src/group-reader.js';
import { createKafka, type KafkaConfig } from '../src/kafka.js';
import { LogAdmin } from '../src/log-admin.js';
import { activityDuring } from './support/activity.js';
import { COMPACTS_SOON, fillCompacted, readKeys } from './support/compacted-topic.js';
import { GZIP, LZ4, MANY_HEADERS, produceRaw } from './support/raw-batch.js';
import { SILENT, toldReader } from './support/told-reader.js';
import { untilDamageIsTold } from './support/until-damage-is-told.js';

jest.setTimeout(60_000);

const dir = mkdtempSync(join(tmpdir(), 'tally-log-client-'));
let zookeeper: ZooKeeperServer;
let log: PartitionLogServer;
let kafka: KafkaConfig;
let admin: LogAdmin;
let appender: AppendClient;
const readers: GroupReader[] = [];

beforeAll(async () => {
  zookeeper = await startZooKeeper({ dir: join(dir, 'zookeeper') });
  log = await startPartitionLog({
    dir,
    zookeeper: zookeeper.connectString,
    env: COMPACTS_SOON,
  });
  kafka = { brokers: [log.broker], clientId: 'test', requestTimeoutMs: 2000 };
  admin = new LogAdmin(kafka, SILENT);
  appender = new AppendClient(kafka, SILENT);
});
afterEach(async () => {
  await Promise.all(readers.splice(0).map((reader) => reader.stop()));
});
afterAll(async () => {
  await appender.close();
  await admin.close();
  await log.process.stop();
  await zookeeper.process.stop();
  rmSync(dir, { recursive: true, force: true });
});

const random = () => randomBytes(8).toString('hex');

async function newTopic(partitions = 1): Promise<string> {
  const topic = `events-${random()}`;
  expect(await admin.createTopic(topic, partitions)).toBe(true);
  return topic;
}

async function append(topic: string, partition: number, ...values: string[]): Promise<void> {
  const records = values.map((value) => ({ partition, value: Buffer.from(value) }));
  await appender.append(topic, records, { traceparent: 'tp' });
}

const appendTo = (topic: string) => (partition: number, value: string) =>
  append(topic, partition, value);

async function reader(topic: string, more: Partial<GroupReaderOptions> = {}) {
  const told = toldReader(kafka, topic, more);
  readers.push(told.group);
  await told.start();
  return told;
}

/** What a test without waiting can rely on: a record appended later was delivered, so would this be. */
const untilRead = (values: readonly string[], last: string) =>
  eventually(`read ${last}`, () => values.at(-1)?.endsWith(last) === true);

it('a client reads a compacted topic, whose batches have lost records between others', async () => {
  const client = createKafka(kafka, SILENT);
  const last = await fillCompacted(client, 'compacted');
  await eventually('records are gone, and only those that were replaced', async () => {
    const keys = [...(await readKeys(client, 'compacted', `group-${random()}`, last)).values()];
    expect(keys.filter((key) => !key.startsWith('key'))).toHaveLength(80);
    return keys.length < 150;
  });
});

describe('the admin client', () => {
  it('makes a topic once, with the clock of the log and nothing thrown away', async () => {
    const topic = await newTopic(3);
    expect(await admin.createTopic(topic, 3)).toBe(false);
    await expect(admin.assertTopic(topic, 3)).resolves.toBeUndefined();
    expect([...(await admin.bounds(topic))]).toEqual(
      [0, 1, 2].map((partition) => [partition, { low: 0n, high: 0n }]),
    );
  });

  it('refuses a topic that is missing, or is not as it was made', async () => {
    await expect(admin.assertTopic('events-none', 1)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('never made again'),
    });
    const topic = await newTopic(2);
    await expect(admin.assertTopic(topic, 3)).rejects.toThrow('expected 3 partitions');
    const raw = createKafka(kafka, SILENT).admin();
    await raw.connect();
    await raw.createTopics({
      topics: [
        {
          topic: 'client-times',
          numPartitions: 1,
          configEntries: [{ name: 'message.timestamp.type', value: 'CreateTime' }],
        },
      ],
    });
    const { resources } = await raw.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
    });
    expect(resources[0]?.configEntries).toContainEqual(
      expect.objectContaining({ configName: 'compression.type', configValue: 'uncompressed' }),
    );
    await raw.disconnect();
    await expect(admin.assertTopic('client-times', 1)).rejects.toThrow('expected LogAppendTime');
  });

  it('finds offsets by time and where a partition ends, and deletes what lies below an offset', async () => {
    const topic = await newTopic();
    await append(topic, 0, 'a');
    const between = Date.now() + 1;
    await eventually('the clock has moved', () => Date.now() > between);
    await append(topic, 0, 'b');
    expect(await admin.bounds(topic)).toEqual(new Map([[0, { low: 0n, high: 2n }]]));
    expect(await admin.offsetAt(topic, 0, 0)).toBe(0n);
    expect(await admin.offsetAt(topic, 0, between)).toBe(1n);
    await expect(admin.offsetAt(topic, 9, 0)).rejects.toMatchObject({ code: 'unavailable' });
    for (const before of [1n, 0n]) await admin.deleteRecords(topic, 0, before);
    await expect(admin.deleteRecords(topic, 0, 3n)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('not within the range of offsets'),
    });
    expect(await admin.bounds(topic)).toEqual(new Map([[0, { low: 1n, high: 2n }]]));
  });
});

describe('the append client', () => {
  it('says when the log took the records of each partition', async () => {
    const topic = await newTopic(2);
    const record = (partition: number) => ({ partition, value: Buffer.from('x') });
    const appended = await appender.append(topic, [record(0), record(1), record(0)], {});
    expect(new Set(appended.map(({ partition }) => partition))).toEqual(new Set([0, 1]));
    for (const { appendMs } of appended)
      expect(Math.abs(Date.now() - appendMs)).toBeLessThan(60_000);
  });

  it('confirms nothing where the log does not say when', async () => {
    const raw = createKafka(kafka, SILENT).admin();
    await raw.connect();
    const configEntries = [{ name: 'message.timestamp.type', value: 'CreateTime' }];
    const topic = 'no-append-times';
    await raw.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
    await raw.disconnect();
    const records = [{ partition: 0, value: Buffer.from('x') }];
    await expect(appender.append(topic, records, {})).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('expected when it was appended, got -1'),
    });
  });
});

describe('a reader of a group', () => {
  it('delivers each record of each partition, in order, with its trace', async () => {
    const topic = await newTopic(2);
    await append(topic, 0, 'a', 'b');
    await append(topic, 1, 'c');
    const { seen } = await reader(topic);
    await eventually('all are read', () => seen.values.length === 3);
    expect(seen.values.filter((value) => value.startsWith('0'))).toEqual(['0/0 a', '0/1 b']);
    expect(seen.traces).toEqual(new Set(['tp']));
  });

  it('goes where it is told, and delivers nothing of what is stopped or paused', async () => {
    const topic = await newTopic(2);
    await append(topic, 0, 'a', 'b', 'c');
    await append(topic, 1, 'x');
    const { seen, assignment } = await reader(topic);
    await eventually('all are read', () => seen.values.length === 4);

    assignment().readFrom(0, 2n);
    await untilRead(seen.values, '0/2 c');

    assignment().stopReading(0);
    await append(topic, 0, 'd');
    await append(topic, 1, 'y');
    await untilRead(seen.values, 'y');
    expect(seen.values.some((value) => value.endsWith(' d'))).toBe(false);

    assignment().pause();
    assignment().pause();
    await append(topic, 1, 'z');
    assignment().readFrom(0, 3n);
    expect(seen.values.some((value) => value.endsWith(' z'))).toBe(false);
    assignment().resume();
    await eventually('both go on', () =>
      ['0/3 d', '1/2 z'].every((value) => seen.values.includes(value)),
    );
  });

  it('stops a partition of which the log lacks records, says so, and goes on with the others', async () => {
    const topic = await newTopic(2);
    await append(topic, 0, 'a', 'b', 'c');
    await admin.deleteRecords(topic, 0, 2n);
    const { seen } = await reader(topic);
    await eventually('the skip is told', () => seen.skips.length > 0);
    expect(seen.skips).toEqual(['0: 0 2']);
    await append(topic, 1, 'x');
    await untilRead(seen.values, 'x');
    expect(seen.values).toEqual(['1/0 x']);
  });

  it('stops a partition of which the log cannot read a record, says so, and goes on with the others', async () => {
    const topic = await newTopic(3);
    await append(topic, 0, 'a');
    await append(topic, 0, 'spoiled');
    await append(topic, 0, 'b');
    const segment = join(dir, 'log/topics', topic, '0', `${'0'.repeat(20)}.log`);
    const file = openSync(segment, 'r+');
    writeSync(file, 'S', readFileSync(segment).indexOf('spoiled'));
    closeSync(file);
    const { seen } = await reader(topic);
    await untilDamageIsTold(appendTo(topic), seen, 1);
    const { restarts } = seen;
    for (const value of ['c', 'd', 'e']) {
      await append(topic, 1, value);
      await untilRead(seen.values, value);
    }
    expect([seen.damaged, seen.restarts, seen.givenUp]).toEqual([['0: 1'], restarts, []]);
    expect(seen.values.filter((value) => value.startsWith('0/'))).toEqual(['0/0 a']);
  }, 120_000);

  it('stops partitions whose records it cannot decode, each at its record, and goes on with the others', async () => {
    const topic = `events-${random()}`;
    // Of another log, or of ours as it was: it holds what is compressed.
    const raw = createKafka(kafka, SILENT).admin();
    await raw.connect();
    const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
    await raw.createTopics({ topics: [{ topic, numPartitions: 4, configEntries }] });
    await raw.disconnect();
    await admin.assertTopic(topic, 4);
    await append(topic, 0, 'a');
    await produceRaw(log.broker, topic, 0, LZ4, Buffer.from('any'));
    await append(topic, 3, 'a', 'b');
    await append(topic, 3, 'c');
    await produceRaw(log.broker, topic, 3, GZIP, gzipSync(MANY_HEADERS));
    await append(topic, 3, 'd');
    const { seen } = await reader(topic);
    await untilDamageIsTold(appendTo(topic), seen, 2);
    // One that was found is told again with each assignment.
    expect(new Set(seen.damaged)).toEqual(new Set(['0: 1', '3: 3']));
    expect(seen.values.filter((value) => /^[03]/.test(value)).sort()).toEqual([
      '0/0 a',
      '3/0 a',
      '3/1 b',
      '3/2 c',
    ]);
    expect([seen.skips, seen.givenUp]).toEqual([[], []]);
  }, 120_000);

  it('ends its assignment when the group assigns anew, which then is nobody of the old', async () => {
    const topic = await newTopic(2);
    const groupId = `group-${random()}`;
    const one = await reader(topic, { groupId });
    const old = one.assignment();
    const two = await reader(topic, { groupId });
    await eventually('both have one partition', () =>
      [one, two].every(({ assignment }) => assignment().partitions.length === 1),
    );
    expect(old.signal.aborted).toBe(true);
    // The old one moves nothing any more.
    old.readFrom(0, 0n);
    old.stopReading(0);
    old.pause();
    old.resume();
    await append(topic, 0, 'a');
    await append(topic, 1, 'b');
    await eventually(
      'each is read once',
      () => one.seen.values.length + two.seen.values.length === 2,
    );
  });

  it('gives up at a bug of its receiver instead of delivering the same for ever', async () => {
    const topic = await newTopic();
    await append(topic, 0, 'a');
    let delivered = 0;
    const { seen, assignment } = await reader(topic, {
      onRecords: () => {
        delivered += 1;
        return Promise.reject(new TypeError('a bug'));
      },
    });
    await eventually('it gave up', () => seen.givenUp.length > 0);
    expect(seen.givenUp).toEqual([new TypeError('a bug')]);
    expect(assignment().signal.aborted).toBe(true);
    expect(delivered).toBe(1);
  });

  it('goes on from where it was when the log was away', async () => {
    const topic = await newTopic();
    await append(topic, 0, 'a');
    const { seen } = await reader(topic);
    await untilRead(seen.values, 'a');
    await log.process.kill();
    await expect(append(topic, 0, 'lost')).rejects.toMatchObject({ code: 'unavailable' });
    await log.process.start();
    await eventually('it appends again', async () => {
      await append(topic, 0, 'b');
      return true;
    });
    await untilRead(seen.values, 'b');
    const own = seen.values.filter((value) => !value.endsWith('lost') && !value.endsWith('b'));
    expect(own).toEqual(['0/0 a']);
  });

  it('is nobody any more as soon as its client gives up a log that is away', async () => {
    const topic = await newTopic();
    const failures: unknown[] = [];
    let whenStopped: () => void = () => undefined;
    // The client says so between giving up and telling of it; a run may ask for anything then.
    const logger = {
      ...SILENT,
      debug: (_: object, text: string) => text === 'Stopped' && whenStopped(),
    };
    const { seen, assignment } = await reader(topic, { logger: logger as unknown as Logger });
    const first = assignment();
    whenStopped = () => {
      try {
        first.readFrom(0, 0n);
      } catch (error) {
        failures.push(error);
      }
    };
    await log.process.kill();
    await eventually('the client begins again', () => seen.restarts > 0);
    await log.process.start();
    expect([first.signal.aborted, failures, seen.givenUp]).toEqual([true, [], []]);
  });

  it('sleeps while nothing comes, and hears of the next record all the same', async () => {
    const topic = await newTopic();
    // By itself the client would ask twenty times a second, and wait for more than there ever is.
    const { seen } = await reader(topic, { maxWaitMs: 50, minBytes: 1 << 20 });
    await append(topic, 0, 'a');
    await untilRead(seen.values, 'a');
    const { timers, fetches } = await activityDuring(2000, log);
    expect(timers).toBeLessThan(100);
    expect(fetches).toBeLessThan(8);
    await append(topic, 0, 'b');
    await untilRead(seen.values, 'b');
  });

  it('leaves within some seconds, and all clients do, when the log hangs', async () => {
    const topic = await newTopic();
    const patient = { ...kafka, requestTimeoutMs: 60_000 };
    const { group } = await reader(topic, { kafka: patient });
    const [writer, asker] = [new AppendClient(patient, SILENT), new LogAdmin(patient, SILENT)];
    const append = (value: string) =>
      writer.append(topic, [{ partition: 0, value: Buffer.from(value) }], {});
    await append('a');
    await asker.reach();
    log.process.signal('SIGSTOP');
    try {
      void append('b').catch(() => undefined);
      void asker.reach().catch(() => undefined);
      // Below a tenth of what a request may take.
      await expect(
        within(6000, Promise.all([group.stop(), writer.close(), asker.close()])),
      ).resolves.toBe(true);
    } finally {
      log.process.signal('SIGCONT');
    }
  });

  it('cannot join a log that is not there, and says so with a code', async () => {
    const nowhere = { ...kafka, brokers: ['127.0.0.1:1'], requestTimeoutMs: 200 };
    const nobody = reader('events-none', { kafka: nowhere });
    await expect(nobody).rejects.toMatchObject({ code: 'unavailable' });
  });
});
