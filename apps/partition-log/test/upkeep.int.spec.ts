import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import kafkajs, { type Admin, type Producer } from 'kafkajs';
import { kcat } from './support/kcat.js';
import { LogProcess } from './support/log-process.js';

const log = new LogProcess({
  TALLY_LOG_UPKEEP_INTERVAL_MS: '20',
  TALLY_LOG_COMPACTED_SEGMENT_BYTES: '2000',
});
let admin: Admin;
let producer: Producer;
beforeAll(async () => {
  await log.start();
  admin = log.client().admin();
  await admin.connect();
  const { DefaultPartitioner: createPartitioner } = kafkajs.Partitioners;
  producer = log.client().producer({ createPartitioner });
  await producer.connect();
}, 60_000);
afterAll(async () => {
  await producer?.disconnect();
  await admin?.disconnect();
  await log.stop();
}, 60_000);

function create(topic: string, configs: Readonly<Record<string, string>>): Promise<boolean> {
  const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
  return admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
}

describe('a topic with a time of retention', () => {
  it('loses its records when they are older, and its next offset stays', async () => {
    await create('short', { 'retention.ms': '1' });
    await producer.send({ topic: 'short', messages: [{ value: 'a' }, { value: 'b' }] });
    await eventually('the records are gone', async () => {
      const [ends] = await admin.fetchTopicOffsets('short');
      return ends?.low === '2' && ends.high === '2';
    });
    const removed = 'tally_log_removed_bytes_total{topic="short"}';
    await eventually('it is counted', async () => (await log.metric(removed)) > 0);
  });

  it('is no topic of events or dead letters: what is counted nowhere yet stays', async () => {
    for (const topic of ['events-0011', 'dead-letters-0011', 'dead-events-0011']) {
      for (const configs of [
        { 'retention.ms': '1' },
        { 'retention.bytes': '0' },
        { 'cleanup.policy': 'compact' },
      ]) {
        await expect(create(topic, configs)).rejects.toMatchObject({
          errors: [{ type: 'INVALID_CONFIG' }],
        });
      }
      await create(topic, { 'retention.ms': '-1' });
      const configEntries = [{ name: 'retention.ms', value: '1' }];
      const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }];
      await expect(admin.alterConfigs({ validateOnly: false, resources })).rejects.toMatchObject({
        type: 'INVALID_CONFIG',
      });
    }
  });
});

describe('a compacted topic', () => {
  const KEYS = 5;
  const VALUES = 60;
  const keyOf = (value: number) => `key ${value % KEYS}`;

  /** Records by offset, as kafkajs reads them from an offset on. */
  async function readFrom(offset: number): Promise<Map<number, string>> {
    const consumer = log
      .client()
      .consumer({ groupId: `reader-${process.hrtime.bigint()}`, maxWaitTimeInMs: 50 });
    const found = new Map<number, string>();
    await consumer.connect();
    await consumer.subscribe({ topics: ['latest'], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ message }) =>
        void found.set(Number(message.offset), `${String(message.key)} ${String(message.value)}`),
    });
    consumer.seek({ topic: 'latest', partition: 0, offset: String(offset) });
    await eventually('the last record is read', () => found.has(VALUES));
    await consumer.disconnect();
    return found;
  }

  it('has the last value of each key for kafkajs and kcat, wherever they begin', async () => {
    await create('latest', { 'cleanup.policy': 'compact' });
    for (let value = 0; value < VALUES; value++) {
      const messages = [{ key: keyOf(value), value: `${value} ${'x'.repeat(100)}` }];
      await producer.send({ topic: 'latest', messages });
    }
    await producer.send({ topic: 'latest', messages: [{ key: 'end', value: 'end' }] });
    const read = await eventually('few records are left', async () => {
      const found = await readFrom(0);
      return found.size < VALUES / 2 && found;
    });
    expect(await log.metric('tally_log_compacted_bytes_total{topic="latest"}')).toBeGreaterThan(0);
    const last = new Map([...read.values()].map((text) => [text.slice(0, 5), text]));
    for (let value = VALUES - KEYS; value < VALUES; value++) {
      expect(last.get(keyOf(value))).toMatch(`${keyOf(value)} ${value} x`);
    }
    const lines = await kcat(log.port, ['-C', '-t', 'latest', '-e', '-f', '%o %k %s\n']);
    expect(lines).toEqual([...read].map(([offset, text]) => `${offset} ${text}`));

    const missing = [...Array(VALUES).keys()].filter((offset) => !read.has(offset));
    for (const offset of [missing[0] ?? 0, missing.at(-1) ?? 0]) {
      const expected = [...read.keys()].filter((one) => one >= offset);
      expect([...(await readFrom(offset)).keys()]).toEqual(expected);
      const args = ['-C', '-t', 'latest', '-o', String(offset), '-e', '-f', '%o\n'];
      expect(await kcat(log.port, args)).toEqual(expected.map(String));
    }
  }, 60_000);

  it('of what groups have committed is read back right by the next start', async () => {
    await admin.createTopics({ topics: [{ topic: 'counted', numPartitions: 2 }] });
    const consumer = log.client().consumer({ groupId: 'counters', maxWaitTimeInMs: 50 });
    await consumer.connect();
    await consumer.subscribe({ topics: ['counted'], fromBeginning: true });
    const isMember = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({ autoCommit: false, eachMessage: async () => undefined });
    await isMember;
    for (let offset = 0; offset < 100; offset++) {
      await consumer.commitOffsets(
        [0, 1].map((partition) => ({ topic: 'counted', partition, offset: String(offset) })),
      );
    }
    await consumer.disconnect();
    const compacted = 'tally_log_compacted_bytes_total{topic="__consumer_offsets"}';
    await eventually('offsets are compacted', async () => (await log.metric(compacted)) > 0);
    await log.kill();
    await log.restart();
    const [committed] = await admin.fetchOffsets({ groupId: 'counters', topics: ['counted'] });
    expect(committed?.partitions.map(({ offset }) => offset)).toEqual(['99', '99']);
  }, 60_000);
});
