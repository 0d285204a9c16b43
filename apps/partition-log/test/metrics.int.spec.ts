import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import kafkajs, { type Admin } from 'kafkajs';
import { LogProcess } from './support/log-process.js';
import { RawClient, request } from './support/raw-client.js';

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
  const client = await RawClient.connect(log.port);
  const waiting = 'tally_kafka_requests_in_flight{api="Fetch"}';
  client.send(
    request(1, 4, 1, (writer) => {
      writer.int32(-1).int32(30_000).int32(1).int32(1000).int8(0);
      writer.int32(1).string('measured').int32(1).int32(0).int64(2n).int32(1000);
    }),
  );
  await eventually('it waits', async () => (await log.metric(waiting)) === 1);
  client.close();
  await eventually('it is gone', async () => (await log.metric(waiting)) === 0);
});

it('how far a group is behind is known by topic', async () => {
  const lag = () => log.metric('tally_kafka_group_lag_records{group="behind",topic="measured"}');
  const client = await RawClient.connect(log.port);
  const commit = async (offsets: readonly bigint[]) => {
    const before = client.answers.length;
    client.send(
      request(8, 2, 1, (writer) => {
        writer.string('behind').int32(-1).string('').int64(-1n);
        writer.int32(1).string('measured').int32(offsets.length);
        for (const [partition, offset] of offsets.entries()) {
          writer.int32(partition).int64(offset).nullableString(null);
        }
      }),
    );
    await eventually('it is answered', () => client.answers.length > before);
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
  const client = await RawClient.connect(log.port);
  client.send(
    request(1, 4, 1, (writer) => {
      writer.int32(-1).int32(0).int32(0).int32(100_000).int8(0);
      writer.int32(1).string('measured').int32(1).int32(0).int64(0n).int32(100_000);
    }),
  );
  await eventually('it is answered', () => client.answers.length === 1);
  client.close();
  expect(await log.metric('tally_log_fetch_bytes_total{topic="measured"}')).toBeGreaterThan(200);
});
