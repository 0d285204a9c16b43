import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { fetch, produce, type FetchRequest } from '@tally/kafka-wire';
import { eventually } from '@tally/testing';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import { LogProcess } from './support/log-process.js';
import { batchOf, fetching, onlyPartition, producing } from './support/requests.js';

const SMALL = 1000;
const LARGE = 100_000;
const log = new LogProcess();
let producer: KafkaConnection;
let reader: KafkaConnection;
beforeAll(async () => {
  await log.start();
  const admin = log.client().admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'awaited', numPartitions: 2 }] });
  await admin.disconnect();
  producer = await KafkaConnection.open(log.port);
  reader = await KafkaConnection.open(log.port);
}, 60_000);
afterAll(async () => {
  for (const client of [producer, reader]) client?.close();
  await log.stop();
}, 60_000);

/** Of both partitions, from these offsets on. */
const fetchBoth = (minBytes: number, maxWaitMs: number, offsets: readonly [bigint, bigint]) =>
  fetching(
    'awaited',
    { 0: offsets[0], 1: offsets[1] },
    { minBytes, maxWaitMs, maxBytes: 10 * LARGE },
  );

async function append(partition: number, bytes: number): Promise<void> {
  const request = producing('awaited', partition, batchOf('x'.repeat(bytes)));
  expect(onlyPartition(await producer.ask(produce, request)).errorCode).toBe(0);
}

/** Error and bytes of records by partition. */
async function answerTo(request: FetchRequest, meanwhile: () => Promise<void>) {
  const answered = reader.ask(fetch, request);
  await meanwhile();
  const { topics } = await answered;
  return (topics[0]?.partitions ?? []).map(({ errorCode, records }) => ({
    errorCode,
    bytes: Buffer.concat(records).length,
  }));
}

const isWaiting = async () =>
  eventually('it waits', async () => {
    const waiting = 'tally_kafka_requests_in_flight{api="Fetch"}';
    return (await log.metric(waiting)) === 1;
  });

it('a fetch waits for as many bytes as it wants, of all its partitions together', async () => {
  const [first, second] = await answerTo(fetchBoth(LARGE, 30_000, [0n, 0n]), async () => {
    await isWaiting();
    await append(0, SMALL);
    await isWaiting();
    await append(1, LARGE);
  });
  expect(first?.bytes).toBeGreaterThan(SMALL);
  expect(second?.bytes).toBeGreaterThan(LARGE);
});

it('a fetch is answered with what there is when its wait is over', async () => {
  const answer = await answerTo(fetchBoth(10 * LARGE, 100, [0n, 1n]), () => Promise.resolve());
  expect(answer.map(({ bytes }) => bytes > SMALL)).toEqual([true, false]);
});

it('a fetch that has an error to tell waits for nothing', async () => {
  const answer = await answerTo(fetchBoth(10 * LARGE, 30_000, [0n, 99n]), () => Promise.resolve());
  expect(answer.map(({ errorCode }) => errorCode)).toEqual([0, 1]);
});
