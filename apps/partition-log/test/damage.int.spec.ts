import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fetch as fetchRecords, KAFKA_ERRORS } from '@tally/kafka-wire';
import { eventually } from '@tally/testing';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import { Kcat, kcat } from './support/kcat.js';
import { LogProcess } from './support/log-process.js';
import { fetching } from './support/requests.js';

const log = new LogProcess({
  TALLY_LOG_SEGMENT_BYTES: '4096',
  TALLY_LOG_SCRUB_PAUSE_MS: '1',
  TALLY_LOG_SCRUB_BYTES_PER_SECOND: '1000000000',
});
const COUNT = 30;
/** In one of the older segments. */
const DAMAGED = 7;
const values = Array.from({ length: COUNT }, (_, index) => `value ${index} ${'.'.repeat(1000)}`);

/** One record per batch; then a byte of one changes on the disk, behind the back of the running log. */
beforeAll(async () => {
  await log.start();
  const admin = log.client().admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'events', numPartitions: 2 }] });
  const producer = log.client().producer();
  await producer.connect();
  for (const value of values) {
    const messages = [0, 1].map((partition) => ({ partition, value }));
    await producer.send({ topic: 'events', messages });
  }
  await producer.disconnect();
  await admin.disconnect();
  const folder = join(log.logDir, 'topics/events/0');
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.log'))) {
    const at = readFileSync(join(folder, name)).indexOf(`value ${DAMAGED} `);
    if (at < 0) continue;
    // That byte alone: a file that is written anew is an empty one for a moment, and the scrub sees it.
    const file = openSync(join(folder, name), 'r+');
    writeSync(file, 'V', at);
    closeSync(file);
  }
}, 60_000);
afterAll(() => log.stop(), 60_000);

const health = async () =>
  (await (await fetch(`${log.admin}/health/ready`)).json()) as {
    readonly status: string;
    readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
  };

describe('a record that is damaged on the disk', () => {
  it('is found by the scrub and told by health and metrics, before anybody reads it', async () => {
    const sample = 'tally_log_damaged_records{topic="events"}';
    await eventually('it is found', async () => (await log.metric(sample)) === 1);
    await eventually('health knows', async () => (await health()).status === 'degraded');
    const { records } = (await health()).checks;
    expect(records?.detail).toContain(`events-0: records ${DAMAGED} to ${DAMAGED} cannot be read`);
    expect(await log.metric('tally_log_scrubbed_bytes_total')).toBeGreaterThan(0);
  });

  it('stops a kafkajs consumer with an error: it gets all before and none behind', async () => {
    const consumer = log.client({ retries: 1 }).consumer({
      groupId: 'readers',
      maxWaitTimeInMs: 100,
      retry: { retries: 1, initialRetryTime: 10, restartOnFailure: () => Promise.resolve(false) },
    });
    const offsets: number[] = [];
    const crashed = new Promise<Error>((resolve) =>
      consumer.on(consumer.events.CRASH, ({ payload }) => resolve(payload.error)),
    );
    await consumer.connect();
    await consumer.subscribe({ topics: ['events'], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        if (partition === 0) offsets.push(Number(message.offset));
      },
    });
    expect((await crashed).message).toContain('CRC');
    expect(offsets).toEqual([...Array(DAMAGED).keys()]);
    await consumer.disconnect();
  }, 30_000);

  it('leaves other partitions to the same kafkajs consumer', async () => {
    // kafkajs starts again after a crash even when it was disconnected meanwhile, for ever.
    let isOver = false;
    const consumer = log.client().consumer({
      groupId: 'patient readers',
      maxWaitTimeInMs: 100,
      retry: {
        retries: 1,
        initialRetryTime: 10,
        restartOnFailure: () => Promise.resolve(!isOver),
      },
    });
    const got: string[][] = [[], []];
    await consumer.connect();
    await consumer.subscribe({ topics: ['events'], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) =>
        void got[partition]?.push(String(message.value)),
    });
    const producer = log.client().producer();
    await producer.connect();
    try {
      await eventually('it comes to the damage', () => got[0]?.length === DAMAGED);
      for (const value of ['one', 'two', 'three']) {
        await producer.send({ topic: 'events', messages: [{ partition: 1, value }] });
        await eventually('it is read', () => got[1]?.includes(value) === true);
      }
      expect(new Set(got[0])).toEqual(new Set(values.slice(0, DAMAGED)));
    } finally {
      isOver = true;
      await Promise.all([producer.disconnect(), consumer.disconnect()]);
    }
  }, 60_000);

  it('is told now and then to a reader that always gets records of others', async () => {
    const client = await KafkaConnection.open(log.port);
    let withRecords = 0;
    await eventually('it is told', async () => {
      const wanted = fetching('events', { 0: BigInt(DAMAGED), 1: 0n });
      const [damaged, other] = (await client.ask(fetchRecords, wanted)).topics[0]?.partitions ?? [];
      if (damaged?.errorCode === KAFKA_ERRORS.CORRUPT_MESSAGE) return true;
      expect(damaged?.errorCode).toBe(KAFKA_ERRORS.NONE);
      expect(other?.records.length).toBeGreaterThan(0);
      withRecords += 1;
      return false;
    });
    expect(withRecords).toBeGreaterThan(10);
    client.close();
  }, 30_000);

  it('stops librdkafka with an error, which reads on behind it when it is told to', async () => {
    const from = (offset: number | string) => [
      '-C',
      // What it has read is told at once, not when its buffer is full.
      '-u',
      '-t',
      'events',
      '-p',
      '0',
      '-f',
      '%o\n',
      '-o',
      String(offset),
    ];
    const reader = new Kcat(log.port, from('beginning'));
    await eventually(
      'it complains, and has told what lies before',
      () => reader.errors !== '' && reader.lines.length >= DAMAGED,
    );
    await reader.kill();
    expect(reader.lines.map(Number)).toEqual([...Array(DAMAGED).keys()]);
    expect(reader.errors).toContain('Fetch from broker 1 failed: Broker: Invalid message');
    const behind = await kcat(log.port, [...from(DAMAGED + 1), '-e']);
    expect(behind).toHaveLength(COUNT - DAMAGED - 1);
  }, 30_000);

  it('leaves other partitions and new records alone, and is known after a restart', async () => {
    const all = ['-C', '-t', 'events', '-p', '1', '-o', 'beginning', '-e'];
    expect((await kcat(log.port, all)).slice(0, COUNT)).toEqual(values);
    await log.restart();
    expect(await log.metric('tally_log_damaged_records{topic="events"}')).toBe(1);
    await kcat(log.port, ['-P', '-t', 'events', '-p', '0'], 'more\n');
    const last = ['-C', '-t', 'events', '-p', '0', '-o', String(COUNT), '-e'];
    expect(await kcat(log.port, last)).toEqual(['more']);
  }, 30_000);
});
