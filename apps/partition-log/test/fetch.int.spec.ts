import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { WireReader, type WireWriter } from '@tally/kafka-wire';
import { eventually } from '@tally/testing';
import { LogProcess } from './support/log-process.js';
import { produceRequest, RawClient, request } from './support/raw-client.js';

const SMALL = 1000;
const LARGE = 100_000;
const log = new LogProcess();
let producer: RawClient;
let reader: RawClient;
beforeAll(async () => {
  await log.start();
  const admin = log.client().admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'awaited', numPartitions: 2 }] });
  await admin.disconnect();
  [producer, reader] = [await RawClient.connect(log.port), await RawClient.connect(log.port)];
}, 60_000);
afterAll(async () => {
  for (const client of [producer, reader]) client?.close();
  await log.stop();
}, 60_000);

/** Fetch v4 of both partitions. */
const fetchBoth = (minBytes: number, waitMs: number, offsets: readonly [bigint, bigint]) =>
  request(1, 4, 1, (writer: WireWriter) => {
    writer
      .int32(-1)
      .int32(waitMs)
      .int32(minBytes)
      .int32(10 * LARGE)
      .int8(0);
    writer.int32(1).string('awaited').int32(2);
    for (const [partition, offset] of offsets.entries())
      writer
        .int32(partition)
        .int64(offset)
        .int32(10 * LARGE);
  });

/** Error and bytes of records by partition. */
function partitionsOf(answer: Buffer) {
  const wire = new WireReader(answer);
  wire.take(4 + 4 + 4);
  wire.string();
  return Array.from({ length: wire.int32() }, () => {
    wire.int32();
    const errorCode = wire.int16();
    wire.take(8 + 8 + 4);
    return { errorCode, bytes: wire.bytes().length };
  });
}

async function append(partition: number, bytes: number): Promise<void> {
  const before = producer.answers.length;
  producer.send(produceRequest(1, 'awaited', partition, 'x'.repeat(bytes)));
  await eventually('it is appended', () => producer.answers.length > before);
}

async function answerTo(frame: Buffer, meanwhile: () => Promise<void>) {
  const before = reader.answers.length;
  reader.send(frame);
  await meanwhile();
  await eventually('it is answered', () => reader.answers.length > before);
  return partitionsOf(reader.answers[before] ?? Buffer.alloc(0));
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
