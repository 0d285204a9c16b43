import { afterEach, describe, expect, it } from '@jest/globals';
import { correlationIdOf, decodeResponse, encodeRequest, produce } from '@tally/kafka-wire';
import { eventually } from '@tally/testing';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import kafkajs from 'kafkajs';
import { LogProcess } from './support/log-process.js';
import { batchOf, onlyPartition, producing } from './support/requests.js';

const PARTITIONS = 4;
let log: LogProcess;
afterEach(() => log.stop(), 60_000);

/** Offsets and values of a partition, read by a consumer from the beginning to the end. */
async function readAll(topic: string): Promise<Map<number, Map<number, string>>> {
  const admin = log.client().admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const records = new Map(ends.map(({ partition }) => [partition, new Map<number, string>()]));
  const consumer = log
    .client()
    .consumer({ groupId: `reader-${process.hrtime.bigint()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) =>
      void records.get(partition)?.set(Number(message.offset), String(message.value)),
  });
  await eventually('all is read', () =>
    ends.every(({ partition, high }) => records.get(partition)?.size === Number(high)),
  );
  await consumer.disconnect();
  return records;
}

describe('a log that is killed while it takes records', () => {
  it('has every acknowledged one at its offset afterwards, and no gap', async () => {
    log = await new LogProcess({ TALLY_LOG_SEGMENT_BYTES: '65536' }).start();
    const admin = log.client().admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'stream', numPartitions: PARTITIONS }] });
    await admin.disconnect();

    const acknowledged: { partition: number; offset: number; value: string }[] = [];
    let next = 0;
    for (let round = 0; round < 4; round++) {
      const enough = acknowledged.length + 1500;
      const streams = Array.from({ length: PARTITIONS }, async (_, partition) => {
        const client = await KafkaConnection.open(log.port);
        const sent: string[] = [];
        let counted = 0;
        let isOver = false;
        void client.closed.then(() => (isOver = true));
        while (!isOver) {
          while (sent.length - client.answers.length < 50) {
            const value = `value ${next++} ${'.'.repeat(next % 300)}`;
            const request = producing('stream', partition, batchOf(value));
            client.send(...encodeRequest(produce, request, { correlationId: sent.length }));
            sent.push(value);
          }
          await new Promise((resolve) => setImmediate(resolve));
          for (; counted < client.answers.length; counted++) {
            const answer = client.answers[counted] ?? Buffer.alloc(0);
            const { errorCode, baseOffset } = onlyPartition(decodeResponse(produce, answer));
            expect(errorCode).toBe(0);
            const value = sent[correlationIdOf(answer)] ?? '';
            acknowledged.push({ partition, offset: Number(baseOffset), value });
          }
        }
      });
      await eventually('a stream flows', () => acknowledged.length >= enough);
      await log.kill();
      await Promise.all(streams);
      await log.restart();
    }

    const records = await readAll('stream');
    const missing = acknowledged.filter(
      ({ partition, offset, value }) => records.get(partition)?.get(offset) !== value,
    );
    expect(missing).toEqual([]);
    for (const offsets of records.values()) {
      expect([...offsets.keys()]).toEqual([...Array(offsets.size).keys()]);
    }
  }, 120_000);

  it('still knows what a group has committed, with the text beside it', async () => {
    log = await new LogProcess().start();
    const admin = log.client().admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'counted', numPartitions: 1 }] });
    const producer = log
      .client()
      .producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    const messages = ['a', 'b', 'c', 'd'].map((value) => ({ partition: 0, value }));
    await producer.send({ topic: 'counted', acks: -1, messages });
    await producer.disconnect();

    const consume = async (until: number) => {
      const consumer = log.client().consumer({ groupId: 'counters', maxWaitTimeInMs: 100 });
      await consumer.connect();
      await consumer.subscribe({ topics: ['counted'], fromBeginning: true });
      const values: string[] = [];
      await consumer.run({
        autoCommit: false,
        eachMessage: async ({ message }) => void values.push(String(message.value)),
      });
      await eventually('it is read', () => values.length >= until);
      return { consumer, values };
    };
    const first = await consume(4);
    await first.consumer.commitOffsets([
      { topic: 'counted', partition: 0, offset: '2', metadata: 'up to b — ✓' },
    ]);
    await first.consumer.disconnect();
    await log.kill();
    await log.restart();

    const [committed] = await admin.fetchOffsets({ groupId: 'counters', topics: ['counted'] });
    expect(committed?.partitions).toEqual([{ partition: 0, offset: '2', metadata: 'up to b — ✓' }]);
    const second = await consume(2);
    expect(second.values.slice(0, 2)).toEqual(['c', 'd']);
    await second.consumer.disconnect();
    await admin.disconnect();
  }, 60_000);
});

describe('a log that is asked to end', () => {
  it('answers those who wait, ends in order and lets the next one have its folder', async () => {
    log = await new LogProcess().start();
    const admin = log.client().admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'quiet', numPartitions: 1 }] });
    const consumer = log.client().consumer({ groupId: 'waiting', maxWaitTimeInMs: 25_000 });
    await consumer.connect();
    await consumer.subscribe({ topics: ['quiet'], fromBeginning: true });
    const isFetching = new Promise((resolve) =>
      consumer.on(consumer.events.FETCH_START, () => resolve(true)),
    );
    await consumer.run({ eachMessage: async () => undefined });
    await isFetching;
    await log.end();
    expect(log.exit).toBe('exit code 0');
    await log.restart();
    expect(await admin.listTopics()).toContain('quiet');
    // It waits for records again: one ends that.
    const disconnected = consumer.disconnect();
    const producer = log.client().producer();
    await producer.connect();
    await producer.send({ topic: 'quiet', messages: [{ value: 'goodbye' }] });
    await Promise.all([disconnected, producer.disconnect(), admin.disconnect()]);
  }, 60_000);
});
