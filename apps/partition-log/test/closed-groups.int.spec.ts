import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { KAFKA_ERRORS, offsetCommit, produce } from '@tally/kafka-wire';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import { LogProcess } from './support/log-process.js';
import { batchOf, onlyPartition, producing } from './support/requests.js';

const log = new LogProcess();
beforeAll(async () => {
  await log.start();
  const admin = log.client().admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 't', numPartitions: 1 }] });
  await admin.disconnect();
}, 60_000);
afterAll(() => log.stop(), 60_000);

/** By kafkajs, or the error that it gives up with. */
async function committedOffset(): Promise<unknown> {
  const admin = log.client({ retries: 1 }).admin();
  await admin.connect();
  try {
    const [topic] = await admin.fetchOffsets({ groupId: 'g', topics: ['t'] });
    return topic?.partitions[0]?.offset;
  } catch (error) {
    return String(error);
  } finally {
    await admin.disconnect();
  }
}

/** Whether somebody may commit for a group, what it has committed then, and whether appends go on. */
async function commitAndFetch() {
  const client = await KafkaConnection.open(log.port);
  const partition = { partition: 0, offset: 5n, leaderEpoch: -1, metadata: null };
  const committed = await client.ask(offsetCommit, {
    groupId: 'g',
    generationId: -1,
    memberId: '',
    groupInstanceId: null,
    topics: [{ name: 't', partitions: [partition] }],
  });
  const appended = await client.ask(produce, producing('t', 0, batchOf('x')));
  client.close();
  return {
    commit: onlyPartition(committed).errorCode,
    fetch: await committedOffset(),
    append: onlyPartition(appended).errorCode,
  };
}

it('a damaged description of the topic of the groups closes the groups and nothing else, until it is mended', async () => {
  const { NONE, COORDINATOR_NOT_AVAILABLE: refused } = KAFKA_ERRORS;
  expect(await commitAndFetch()).toEqual({ commit: NONE, fetch: '5', append: NONE });
  const description = join(log.logDir, 'topics/__consumer_offsets/topic.json');
  const before = readFileSync(description);
  writeFileSync(description, 'rubbish');
  await log.restart();
  expect(await commitAndFetch()).toEqual({
    commit: refused,
    fetch: expect.stringContaining('coordinator'),
    append: NONE,
  });
  expect(await log.metric('tally_log_closed_topics')).toBe(1);
  expect(readFileSync(join(log.dir, 'partition-log.log'), 'utf8')).toContain('ALARM');
  writeFileSync(description, before);
  await log.restart();
  expect(await commitAndFetch()).toEqual({ commit: NONE, fetch: '5', append: NONE });
}, 60_000);
