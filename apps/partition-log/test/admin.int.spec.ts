import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  CONFIG_OPERATION,
  CONFIG_RESOURCE,
  incrementalAlterConfigs,
  KAFKA_ERRORS,
  offsetCommit,
  offsetDelete,
  offsetForLeaderEpoch,
} from '@tally/kafka-wire';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import kafkajs, { type Admin } from 'kafkajs';
import { LogProcess } from './support/log-process.js';
import { onlyPartition } from './support/requests.js';

const log = new LogProcess({
  TALLY_LOG_MAX_TOPICS: '12',
  TALLY_LOG_MAX_PARTITIONS: '60',
  TALLY_LOG_MAX_PARTITIONS_PER_TOPIC: '20',
});
let admin: Admin;
let raw: KafkaConnection;
beforeAll(async () => {
  await log.start();
  admin = log.client().admin();
  await admin.connect();
  raw = await KafkaConnection.open(log.port);
}, 60_000);
afterAll(async () => {
  raw?.close();
  await admin?.disconnect();
  await log.stop();
}, 60_000);

const topic = (name: string, numPartitions = 1) =>
  admin.createTopics({ topics: [{ topic: name, numPartitions }] });

const errorsOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => [],
    (error: { errors?: { type: string }[]; type?: string }) =>
      error.errors?.map(({ type }) => type) ?? [error.type],
  );

describe('partitions', () => {
  const grow = (name: string, count: number) =>
    admin.createPartitions({ topicPartitions: [{ topic: name, count }] });

  it('can become more, keep their records and are there after a restart', async () => {
    await topic('grown', 2);
    // One each: the end of a connection that kafkajs has left ends the next one of the same producer.
    const send = async (partition: number) => {
      const producer = log.client().producer({
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      });
      await producer.connect();
      await producer.send({ topic: 'grown', messages: [{ partition, value: 'x' }] });
      await producer.disconnect();
    };
    await send(1);
    await grow('grown', 5);
    await send(4);
    await log.kill();
    await log.restart();
    raw = await KafkaConnection.open(log.port);
    const offsets = await admin.fetchTopicOffsets('grown');
    const highs = offsets.toSorted((a, b) => a.partition - b.partition).map(({ high }) => high);
    expect(highs).toEqual(['0', '1', '0', '0', '1']);
  }, 60_000);

  it('of events and dead letters stay as many as they were, and nothing grows past its bounds or shrinks', async () => {
    await topic('events-abc', 2);
    await topic('small', 2);
    expect(await errorsOf(grow('events-abc', 4))).toEqual(['POLICY_VIOLATION']);
    expect(await errorsOf(grow('small', 2))).toEqual(['INVALID_PARTITIONS']);
    expect(await errorsOf(grow('small', 21))).toEqual(['INVALID_PARTITIONS']);
    expect(await errorsOf(grow('__consumer_offsets', 17))).toEqual(['INVALID_TOPIC_EXCEPTION']);
    expect(await errorsOf(grow('nobody-made-it', 2))).toEqual(['UNKNOWN_TOPIC_OR_PARTITION']);
    const { topics } = await admin.fetchTopicMetadata({ topics: ['events-abc', 'small'] });
    expect(topics.map(({ partitions }) => partitions.length)).toEqual([2, 2]);
  });
});

describe('a topic', () => {
  it.each(['..', '.', '../up', 'a/b', '%2f..', 'nul\0byte', 'x'.repeat(250), ''])(
    'cannot have the name %j',
    async (name) => {
      expect(await errorsOf(topic(name))).toEqual(['INVALID_TOPIC_EXCEPTION']);
    },
  );

  it('cannot have a name that another has but for upper case, dots and underscores', async () => {
    await topic('clash.one');
    expect(await errorsOf(topic('Clash.one'))).toEqual(['INVALID_TOPIC_EXCEPTION']);
    expect(await errorsOf(topic('clash_one'))).toEqual(['INVALID_TOPIC_EXCEPTION']);
    expect(await errorsOf(topic('__CONSUMER_OFFSETS'))).toEqual(['INVALID_TOPIC_EXCEPTION']);
    await admin.deleteTopics({ topics: ['clash.one'] });
    expect(await topic('clash_one')).toBe(true);
  });

  it('is refused when there are too many, or too many partitions of all', async () => {
    expect(await errorsOf(topic('wide', 21))).toEqual(['INVALID_PARTITIONS']);
    expect(await errorsOf(topic('large', 20).then(() => topic('larger', 20)))).toEqual([
      'POLICY_VIOLATION',
    ]);
    const made: string[] = [];
    let errors: unknown[] = [];
    while (errors.length === 0 && made.length < 20) {
      const name = `many-${made.length}`;
      errors = await errorsOf(topic(name));
      if (errors.length === 0) made.push(name);
    }
    expect(errors).toEqual(['POLICY_VIOLATION']);
    expect((await admin.listTopics()).length).toBeLessThanOrEqual(12);
    await admin.deleteTopics({ topics: ['large', ...made] });
  });
});

describe('one setting of a topic', () => {
  const change = async (name: string, operation: number, value: string | null) => {
    const configs = [{ name, operation, value }];
    const { resources } = await raw.ask(incrementalAlterConfigs, {
      resources: [{ type: CONFIG_RESOURCE.topic, name: 'tuned', configs }],
      validateOnly: false,
    });
    return resources[0]?.errorCode;
  };
  const values = async () => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: 'tuned' }],
    });
    const entries = resources[0]?.configEntries ?? [];
    return Object.fromEntries(
      entries
        .filter(({ isDefault }) => !isDefault)
        .map((entry) => [entry.configName, entry.configValue]),
    );
  };

  it('is set and goes back to its default, and others stay', async () => {
    await topic('tuned');
    expect(await change('retention.ms', CONFIG_OPERATION.set, '60000')).toBe(0);
    expect(await change('retention.bytes', CONFIG_OPERATION.set, '1000')).toBe(0);
    expect(await values()).toEqual({ 'retention.ms': '60000', 'retention.bytes': '1000' });
    expect(await change('retention.ms', CONFIG_OPERATION.delete, null)).toBe(0);
    expect(await values()).toEqual({ 'retention.bytes': '1000' });
    const { INVALID_CONFIG } = KAFKA_ERRORS;
    expect(await change('retention.bytes', CONFIG_OPERATION.set, 'much')).toBe(INVALID_CONFIG);
    expect(await change('retention.bytes', CONFIG_OPERATION.append, '2')).toBe(INVALID_CONFIG);
    expect(await values()).toEqual({ 'retention.bytes': '1000' });
  });
});

describe('offsets of a group', () => {
  /** Offset 0, from outside of the group. */
  const commit = async (group: string, name: string) => {
    const answer = await raw.ask(offsetCommit, {
      groupId: group,
      generationId: -1,
      memberId: '',
      groupInstanceId: null,
      topics: [
        { name, partitions: [{ partition: 0, offset: 0n, leaderEpoch: -1, metadata: null }] },
      ],
    });
    expect(onlyPartition(answer).errorCode).toBe(0);
  };
  const deleteOffset = async (group: string, name: string) => {
    const topics = [{ name, partitions: [0] }];
    const answer = await raw.ask(offsetDelete, { groupId: group, topics });
    return answer.topics.length === 0 ? answer.errorCode : onlyPartition(answer).errorCode;
  };
  const committed = async (group: string, name: string) =>
    (await admin.fetchOffsets({ groupId: group, topics: [name] }))[0]?.partitions[0]?.offset;

  it('are deleted one by one, but not those of a topic that is read now', async () => {
    await topic('read');
    await topic('unread');
    for (const name of ['read', 'unread']) await commit('readers', name);
    const consumer = log.client().consumer({ groupId: 'readers', maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topics: ['read'], fromBeginning: true });
    const isIn = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({ autoCommit: false, eachMessage: async () => undefined });
    await isIn;
    const { GROUP_SUBSCRIBED_TO_TOPIC, GROUP_ID_NOT_FOUND } = KAFKA_ERRORS;
    expect(await deleteOffset('readers', 'read')).toBe(GROUP_SUBSCRIBED_TO_TOPIC);
    expect(await deleteOffset('readers', 'unread')).toBe(0);
    expect([await committed('readers', 'read'), await committed('readers', 'unread')]).toEqual([
      '0',
      '-1',
    ]);
    await consumer.disconnect();
    expect(await deleteOffset('readers', 'read')).toBe(0);
    expect(await deleteOffset('readers', 'read')).toBe(GROUP_ID_NOT_FOUND);
  }, 60_000);

  it('are gone with a group that is deleted, once nobody is in it', async () => {
    await topic('counted');
    await commit('leavers', 'counted');
    await admin.deleteGroups(['leavers']);
    expect(await committed('leavers', 'counted')).toBe('-1');
    const error = await admin.deleteGroups(['leavers']).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ groups: [{ groupId: 'leavers', errorCode: 69 }] });
  });
});

describe('a leader epoch', () => {
  const end = async (currentEpoch: number, epoch: number) => {
    const partitions = [{ partition: 0, currentLeaderEpoch: currentEpoch, leaderEpoch: epoch }];
    const answer = await raw.ask(offsetForLeaderEpoch, {
      topics: [{ name: 'epochs', partitions }],
    });
    const { errorCode, leaderEpoch, endOffset } = onlyPartition(answer);
    return [errorCode, leaderEpoch, Number(endOffset)];
  };

  it('ends at the high watermark, and there is no other', async () => {
    await topic('epochs');
    const producer = log.client().producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    await producer.send({ topic: 'epochs', messages: [{ partition: 0, value: 'x' }] });
    await producer.disconnect();
    expect(await end(-1, 0)).toEqual([0, 0, 1]);
    expect(await end(0, 1)).toEqual([0, -1, -1]);
    expect(await end(1, 0)).toEqual([KAFKA_ERRORS.UNKNOWN_LEADER_EPOCH, -1, -1]);
  });
});
