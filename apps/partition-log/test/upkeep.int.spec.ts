import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import kafkajs, { type Admin, type Producer } from 'kafkajs';
import { LogProcess } from './support/log-process.js';

const log = new LogProcess({ TALLY_LOG_UPKEEP_INTERVAL_MS: '20' });
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
    expect(await log.metric('tally_log_removed_bytes_total{topic="short"}')).toBeGreaterThan(0);
  });

  it('is no topic of events or dead letters: what is counted nowhere yet stays', async () => {
    for (const topic of ['events-0011', 'dead-letters-0011']) {
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
