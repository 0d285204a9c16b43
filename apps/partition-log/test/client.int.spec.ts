import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listGroups } from '@tally/kafka-wire';
import { eventually } from '@tally/testing';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import kafkajs, { type Admin, type Consumer, type ConsumerConfig, type Producer } from 'kafkajs';
import { LogProcess } from './support/log-process.js';

const log = new LogProcess();
let admin: Admin;
let producer: Producer;
/** What a failed test leaves connected would keep the process alive. */
const clients: (Admin | Producer | Consumer)[] = [];
beforeAll(async () => {
  await log.start();
  admin = log.client().admin();
  clients.push(admin);
  await admin.connect();
  producer = await connectProducer();
}, 60_000);
afterAll(async () => {
  await Promise.all(clients.map((client) => client.disconnect()));
  await log.stop();
}, 60_000);

async function connectProducer(): Promise<Producer> {
  const connected = log.client({ retries: 3 }).producer({
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  clients.push(connected);
  await connected.connect();
  return connected;
}

async function connectConsumer(config: ConsumerConfig): Promise<Consumer> {
  const consumer = log.client().consumer(config);
  clients.push(consumer);
  await consumer.connect();
  return consumer;
}

async function topic(name: string, numPartitions = 1): Promise<string> {
  const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
  const topics = [{ topic: name, numPartitions, configEntries }];
  expect(await admin.createTopics({ topics })).toBe(true);
  return name;
}

async function append(name: string, partition: number, ...values: string[]) {
  return appendBy(producer, name, partition, values);
}

async function appendBy(by: Producer, name: string, partition: number, values: readonly string[]) {
  const messages = values.map((value) => ({ partition, value }));
  const [metadata] = await by.send({ topic: name, acks: -1, messages });
  return metadata;
}

/** What a consumer of a group of its own reads, in order, until it was stopped. */
async function reader(name: string, groupId: string) {
  const consumer = await connectConsumer({ groupId, maxWaitTimeInMs: 200 });
  await consumer.subscribe({ topics: [name], fromBeginning: true });
  const values: string[] = [];
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => void values.push(String(message.value)),
  });
  return { consumer, values };
}

describe('an admin client', () => {
  it('creates a topic once, lists it and describes its partitions', async () => {
    await topic('created', 3);
    expect(await admin.createTopics({ topics: [{ topic: 'created' }] })).toBe(false);
    expect(await admin.listTopics()).toContain('created');
    const { topics } = await admin.fetchTopicMetadata({ topics: ['created'] });
    expect(topics[0]?.partitions.map(({ partitionId, leader }) => [partitionId, leader])).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
  });

  it('sees the defaults and what it has set', async () => {
    await admin.createTopics({
      topics: [
        {
          topic: 'configured',
          replicationFactor: -1,
          configEntries: [
            { name: 'retention.ms', value: '60000' },
            { name: 'message.timestamp.type', value: 'LogAppendTime' },
          ],
        },
      ],
    });
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: 'configured' }],
    });
    const configs = Object.fromEntries(
      (resources[0]?.configEntries ?? []).map((entry) => [entry.configName, entry]),
    );
    expect(configs['retention.ms']).toMatchObject({ configValue: '60000', isDefault: false });
    expect(configs['message.timestamp.type']).toMatchObject({ configValue: 'LogAppendTime' });
    expect(configs['retention.bytes']).toMatchObject({ configValue: '-1', isDefault: true });
  });

  it('is refused settings that are not known or cannot be', async () => {
    for (const entry of [
      { name: 'no.such.setting', value: '1' },
      { name: 'message.timestamp.type', value: 'Yesterday' },
    ]) {
      const topics = [{ topic: 'misconfigured', configEntries: [entry] }];
      await expect(admin.createTopics({ topics })).rejects.toMatchObject({
        errors: [{ type: 'INVALID_CONFIG' }],
      });
    }
    expect(await admin.listTopics()).not.toContain('misconfigured');
  });

  it('finds offsets at both ends and by time', async () => {
    await topic('offsets');
    const first = await append('offsets', 0, 'a', 'b');
    await eventually('the clock goes on', () => Date.now() > Number(first?.logAppendTime));
    const second = await append('offsets', 0, 'c');
    expect(await admin.fetchTopicOffsets('offsets')).toEqual([
      { partition: 0, offset: '3', low: '0', high: '3' },
    ]);
    const at = async (time: number) =>
      (await admin.fetchTopicOffsetsByTimestamp('offsets', time))[0]?.offset;
    expect(await at(Number(first?.logAppendTime))).toBe('0');
    expect(await at(Number(first?.logAppendTime) + 1)).toBe('2');
    expect(await at(Number(second?.logAppendTime))).toBe('2');
  });

  it('deletes records from the beginning, and whole topics', async () => {
    await topic('shortened');
    // A producer of its own: the client asks for all topics that it ever knew, for ever.
    const own = await connectProducer();
    await appendBy(own, 'shortened', 0, ['a', 'b']);
    await appendBy(own, 'shortened', 0, ['c']);
    // The client looks for leaders only in what it knows of the topic already.
    await admin.fetchTopicOffsets('shortened');
    await admin.deleteTopicRecords({
      topic: 'shortened',
      partitions: [{ partition: 0, offset: '2' }],
    });
    expect(await admin.fetchTopicOffsets('shortened')).toEqual([
      { partition: 0, offset: '3', low: '2', high: '3' },
    ]);
    const { consumer, values } = await reader('shortened', 'of-shortened');
    await eventually('the rest is read', () => values.length > 0);
    await consumer.disconnect();
    expect(values).toEqual(['c']);

    await admin.deleteTopics({ topics: ['shortened'] });
    expect(await admin.listTopics()).not.toContain('shortened');
  });

  it('meets no topic that nobody has created', async () => {
    await expect(admin.fetchTopicMetadata({ topics: ['nobody-made-it'] })).rejects.toMatchObject({
      type: 'UNKNOWN_TOPIC_OR_PARTITION',
    });
    const client = log.client({ retries: 0 });
    const eager = client.producer({
      allowAutoTopicCreation: true,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await eager.connect();
    const messages = [{ partition: 0, value: 'lost?' }];
    await expect(eager.send({ topic: 'nobody-made-it', messages })).rejects.toThrow();
    await eager.disconnect();
    expect(await admin.listTopics()).not.toContain('nobody-made-it');
  });
});

describe('a producer', () => {
  it('learns the offsets and times of its records, in each partition from 0 on', async () => {
    await topic('produced', 2);
    const before = Date.now();
    expect(await append('produced', 0, 'a', 'b')).toMatchObject({ errorCode: 0, baseOffset: '0' });
    expect(await append('produced', 0, 'c')).toMatchObject({ baseOffset: '2' });
    const other = await append('produced', 1, 'd');
    expect(other).toMatchObject({ baseOffset: '0' });
    expect(Number(other?.logAppendTime)).toBeGreaterThanOrEqual(before);
    expect(await log.metric('tally_log_append_bytes_total{topic="produced"}')).toBeGreaterThan(0);
  });

  it('appends compressed batches as they are', async () => {
    await topic('compressed');
    await producer.send({
      topic: 'compressed',
      compression: kafkajs.CompressionTypes.GZIP,
      messages: Array.from({ length: 50 }, (_, index) => ({ partition: 0, value: `${index}` })),
    });
    const { consumer, values } = await reader('compressed', 'of-compressed');
    await eventually('all are read', () => values.length === 50);
    await consumer.disconnect();
    expect(values).toEqual(Array.from({ length: 50 }, (_, index) => `${index}`));
  });
});

describe('a consumer', () => {
  it('is woken by a record long before its wait is over', async () => {
    await topic('woken');
    const consumer = await connectConsumer({ groupId: 'woken', maxWaitTimeInMs: 25_000 });
    await consumer.subscribe({ topics: ['woken'], fromBeginning: true });
    const values: string[] = [];
    const isFetching = new Promise((resolve) =>
      consumer.on(consumer.events.FETCH_START, () => resolve(true)),
    );
    await consumer.run({
      eachMessage: async ({ message }) => void values.push(String(message.value)),
    });
    await isFetching;
    await append('woken', 0, 'now');
    // A wait that nobody ends would take longer than this.
    await eventually('it is read', () => values.length === 1, { timeoutMs: 10_000 });
    await append('woken', 0, 'again');
    await eventually('it is read', () => values.length === 2, { timeoutMs: 10_000 });
    // The client ends when its last fetch is answered.
    await Promise.all([consumer.disconnect(), append('woken', 0, 'and again')]);
  }, 40_000);

  it('goes where it is sent, while paused, and reads on from there', async () => {
    await topic('sought');
    await append('sought', 0, 'a', 'b', 'c', 'd');
    const consumer = await connectConsumer({ groupId: 'sought', maxWaitTimeInMs: 200 });
    await consumer.subscribe({ topics: ['sought'], fromBeginning: true });
    consumer.on(consumer.events.GROUP_JOIN, () => {
      consumer.pause([{ topic: 'sought' }]);
      consumer.seek({ topic: 'sought', partition: 0, offset: '2' });
      consumer.resume([{ topic: 'sought' }]);
    });
    const offsets: string[] = [];
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ message }) => void offsets.push(message.offset),
    });
    await eventually('two are read', () => offsets.length >= 2);
    await consumer.disconnect();
    // The batch holds all four; the client leaves out what lies before.
    expect(offsets).toEqual(['2', '3']);
  });

  it('shares partitions with another, and takes all when that one stops', async () => {
    await topic('shared', 4);
    const assignments = new Map<Consumer, readonly number[]>();
    const join = async () => {
      const consumer = await connectConsumer({
        groupId: 'sharers',
        maxWaitTimeInMs: 200,
        heartbeatInterval: 200,
        rebalanceTimeout: 5000,
      });
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
        assignments.set(consumer, payload.memberAssignment['shared'] ?? []),
      );
      await consumer.subscribe({ topics: ['shared'], fromBeginning: true });
      await consumer.run({ eachMessage: async () => undefined });
      return consumer;
    };
    const [first, second] = [await join(), await join()];
    await eventually('each has two', () =>
      [first, second].every((consumer) => assignments.get(consumer)?.length === 2),
    );
    expect([...assignments.values()].flat().toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    const { groups } = await admin.describeGroups(['sharers']);
    expect(groups[0]).toMatchObject({ state: 'Stable', protocolType: 'consumer' });
    expect(groups[0]?.members).toHaveLength(2);

    const raw = await KafkaConnection.open(log.port);
    const inState = async (...states: string[]) => {
      const answer = await raw.ask(listGroups, { states });
      return answer.groups.filter(({ groupId }) => groupId === 'sharers');
    };
    const told = [{ groupId: 'sharers', protocolType: 'consumer', state: 'Stable' }];
    expect(await inState()).toEqual(told);
    expect(await inState('Empty', 'stable')).toEqual(told);
    expect(await inState('Empty')).toEqual([]);
    raw.close();

    await second.disconnect();
    await eventually('the first has all', () => assignments.get(first)?.length === 4);
    await first.disconnect();
    const { groups: listed } = await admin.listGroups();
    expect(listed.map(({ groupId }) => groupId)).not.toContain('sharers');
  }, 40_000);
});
