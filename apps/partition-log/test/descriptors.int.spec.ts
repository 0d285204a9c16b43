import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fetch, KAFKA_ERRORS, produce } from '@tally/kafka-wire';
import { eventually } from '@tally/testing';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import { LogProcess } from './support/log-process.js';
import { batchOf, fetchBytes, fetching, onlyPartition, producing } from './support/requests.js';

const PARTITIONS = 40;
const ROUNDS = 3;
/** One batch in each. */
const SETTINGS = { TALLY_LOG_SEGMENT_BYTES: '4096', TALLY_LOG_MAX_OPEN_SEGMENTS: '10' };
const value = (partition: number) => `${partition} ${'x'.repeat(3000)}`;
const log = new LogProcess(SETTINGS);

beforeAll(async () => {
  await log.start();
  const admin = log.client().admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'wide', numPartitions: PARTITIONS }] });
  await admin.disconnect();
}, 60_000);
afterAll(() => log.stop(), 60_000);

const limitTo = (descriptors: number) =>
  execFileSync('prlimit', ['--pid', String(log.pid), `--nofile=${descriptors}:`]);
const inUse = () => readdirSync(`/proc/${log.pid}/fd`).length;

describe('a log without free descriptors', () => {
  it('goes on, refuses connections, and loses nothing', async () => {
    const client = await KafkaConnection.open(log.port);
    const appendAll = async () => {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const request = producing('wide', partition, batchOf(value(partition)));
        const { errorCode } = onlyPartition(await client.ask(produce, request));
        // It may be refused for now; then it is tried again.
        if (errorCode !== KAFKA_ERRORS.NONE) {
          expect(errorCode).toBe(KAFKA_ERRORS.KAFKA_STORAGE_ERROR);
          partition -= 1;
        }
      }
    };
    await appendAll();
    expect(await log.metric('tally_log_open_segments')).toBeLessThanOrEqual(10);
    const before = inUse();
    limitTo(before + 3);
    const crowd = await Promise.allSettled(
      Array.from({ length: 30 }, () => KafkaConnection.open(log.port)),
    );
    // They may have taken the last ones: then the log says so, or hangs up, and can be asked again.
    const outcome = await client
      .ask(produce, producing('wide', 0, batchOf(value(0))))
      .then((answer) => onlyPartition(answer).errorCode, String);
    expect([KAFKA_ERRORS.NONE, KAFKA_ERRORS.KAFKA_STORAGE_ERROR]).toContain(outcome);
    for (const one of crowd) if (one.status === 'fulfilled') one.value.close();
    const more = outcome === KAFKA_ERRORS.NONE ? 1 : 0;
    for (let round = 1; round < ROUNDS; round++) await appendAll();
    for (let partition = 0; partition < PARTITIONS; partition++)
      for (let offset = 0; offset < ROUNDS; offset++) {
        const bytes = await fetchBytes(client, 'wide', offset, partition);
        expect(bytes.includes(value(partition))).toBe(true);
      }
    expect(inUse()).toBeLessThanOrEqual(before + 3);
    expect(log.running).toBe(true);
    limitTo(10_000);
    await eventually('somebody else is served', async () => {
      const other = await KafkaConnection.open(log.port);
      const answer = await other.ask(fetch, fetching('wide', { 0: 0n }));
      other.close();
      return onlyPartition(answer).highWatermark === BigInt(ROUNDS + more);
    });
    client.close();
  }, 60_000);
});
