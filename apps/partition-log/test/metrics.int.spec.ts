import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { fetch, offsetCommit } from '@tally/kafka-wire';
import { eventually } from '@tally/testing';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import kafkajs, { type Admin } from 'kafkajs';
import { LogProcess } from './support/log-process.js';
import { fetching } from './support/requests.js';

const log = new LogProcess();
let admin: Admin;
beforeAll(async () => {
  await log.start();
  admin = log.client().admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'measured', numPartitions: 2 }] });
  const producer = log.client().producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  const messages = [0, 0, 1, 1, 1].map((partition) => ({ partition, value: 'x'.repeat(100) }));
  await producer.send({ topic: 'measured', messages });
  await producer.disconnect();
}, 60_000);
afterAll(async () => {
  await admin?.disconnect();
  await log.stop();
}, 60_000);

it('requests are counted and timed by API, with their bytes', async () => {
  expect(await log.metric('tally_kafka_requests_total{api="Produce",error="NONE"}')).toBe(1);
  expect(await log.metric('tally_kafka_request_seconds_count{api="Produce"}')).toBe(1);
  expect(await log.metric('tally_kafka_received_bytes_total{api="Produce"}')).toBeGreaterThan(500);
  expect(await log.metric('tally_kafka_sent_bytes_total{api="Metadata"}')).toBeGreaterThan(0);
  expect(await log.metric('tally_kafka_requests_in_flight{api="Produce"}')).toBe(0);
  const error = 'UNKNOWN_TOPIC_OR_PARTITION';
  await admin.fetchTopicMetadata({ topics: ['nobody-made-it'] }).catch(() => undefined);
  const refused = `tally_kafka_requests_total{api="Metadata",error="${error}"}`;
  expect(await log.metric(refused)).toBeGreaterThan(0);
});

it('a request that waits is in flight until its client goes', async () => {
  const client = await KafkaConnection.open(log.port);
  const waiting = 'tally_kafka_requests_in_flight{api="Fetch"}';
  const forOne = fetching('measured', { 0: 2n }, { maxWaitMs: 30_000, minBytes: 1 });
  const answered = client.ask(fetch, forOne).catch(() => 'the connection was closed');
  await eventually('it waits', async () => (await log.metric(waiting)) === 1);
  client.close();
  await eventually('it is gone', async () => (await log.metric(waiting)) === 0);
  await answered;
});

it('how far a group is behind is known by topic', async () => {
  const lag = () => log.metric('tally_kafka_group_lag_records{group="behind",topic="measured"}');
  const client = await KafkaConnection.open(log.port);
  const commit = async (offsets: readonly bigint[]) => {
    const partitions = offsets.map((offset, partition) => ({
      partition,
      offset,
      leaderEpoch: -1,
      metadata: null,
    }));
    await client.ask(offsetCommit, {
      groupId: 'behind',
      generationId: -1,
      memberId: '',
      groupInstanceId: null,
      topics: [{ name: 'measured', partitions }],
    });
  };
  await commit([1n]);
  expect(await lag()).toBe(1);
  await commit([2n, 0n]);
  expect(await lag()).toBe(3);
  await commit([2n, 3n]);
  expect(await lag()).toBe(0);
  client.close();
});

it('records that were read are counted by topic', async () => {
  const client = await KafkaConnection.open(log.port);
  await client.ask(fetch, fetching('measured', { 0: 0n }));
  client.close();
  expect(await log.metric('tally_log_fetch_bytes_total{topic="measured"}')).toBeGreaterThan(200);
});
