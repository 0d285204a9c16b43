import { crc32c } from '@node-rs/crc32';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  alterConfigs,
  AT,
  buildRecordBatch,
  CONFIG_OPERATION,
  CONFIG_RESOURCE,
  createTopics,
  describeConfigs,
  incrementalAlterConfigs,
  KAFKA_ERRORS,
  produce,
  readRecords,
} from '@tally/kafka-wire';
import { eventually } from '@tally/testing';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LogProcess } from './support/log-process.js';
import { batchOf, fetchBytes, onlyPartition, producing } from './support/requests.js';

const log = new LogProcess({
  TALLY_LOG_UPKEEP_INTERVAL_MS: '20',
  TALLY_LOG_COMPACTED_SEGMENT_BYTES: '1',
});
let client: KafkaConnection;
beforeAll(async () => {
  await log.start();
  client = await KafkaConnection.open(log.port);
}, 60_000);
afterAll(async () => {
  client?.close();
  await log.stop();
}, 60_000);

const { INVALID_CONFIG, INVALID_REQUEST, INVALID_TOPIC_EXCEPTION } = KAFKA_ERRORS;
const entries = (configs: Readonly<Record<string, string>>) =>
  Object.entries(configs).map(([name, value]) => ({ name, value }));

async function create(name: string, configs: Readonly<Record<string, string>>) {
  const topic = { name, partitions: 1, replicationFactor: 1, assignments: [] };
  const topics = [{ ...topic, configs: entries(configs) }];
  return (await client.ask(createTopics, { topics, validateOnly: false })).topics[0];
}

async function describeAll(type: number, name: string, version = 3) {
  const { resources } = await client.ask(
    describeConfigs,
    { resources: [{ type, name, names: null }], withSynonyms: true, withDocumentation: true },
    { version },
  );
  const configs = new Map(resources[0]?.configs.map((config) => [config.name, config]));
  return { error: resources[0]?.errorCode, message: resources[0]?.errorMessage, configs };
}

const append = async (topic: string, batch: Buffer, acks = -1) =>
  onlyPartition(await client.ask(produce, { ...producing(topic, 0, batch), acks }));

describe('the settings of a topic', () => {
  it('are all taken when it is made, kept over a restart, and told with what they do', async () => {
    const configs = {
      'cleanup.policy': 'compact,delete',
      'compression.type': 'gzip',
      'segment.bytes': '1073741824',
      'flush.messages': '9223372036854775807',
      'min.cleanable.dirty.ratio': '0.5',
      'unclean.leader.election.enable': 'true',
    };
    expect(await create('tuned', configs)).toMatchObject({ errorCode: 0 });
    await log.kill();
    await log.restart();
    client = await KafkaConnection.open(log.port);
    const told = (await describeAll(CONFIG_RESOURCE.topic, 'tuned')).configs;
    expect(told.size).toBe(26);
    for (const [name, value] of Object.entries(configs))
      expect(told.get(name)).toMatchObject({ value, source: 1, readOnly: false });
    expect(told.get('compression.type')?.documentation).toMatch('without effect');
    expect(told.get('cleanup.policy')).toMatchObject({
      type: 7,
      synonyms: [
        { name: 'cleanup.policy', value: 'compact,delete', source: 1 },
        { name: 'log.cleanup.policy', value: 'delete', source: 5 },
      ],
    });
    expect(told.get('retention.ms')).toMatchObject({ value: '-1', source: 5 });
  });

  it('are refused with a sentence where they are nonsense, and nothing changes', async () => {
    expect(await create('odd', { 'segment.bytes': '13' })).toMatchObject({
      errorCode: INVALID_CONFIG,
      errorMessage: 'segment.bytes cannot be "13": expected a whole number from 14 to 2147483647',
    });
    const resource = { type: CONFIG_RESOURCE.topic, name: 'tuned' };
    const { resources } = await client.ask(alterConfigs, {
      resources: [{ ...resource, configs: entries({ 'no.such': '1' }) }],
      validateOnly: false,
    });
    expect(resources).toMatchObject([{ errorCode: INVALID_CONFIG }]);
    const change = { name: 'retention.ms', operation: CONFIG_OPERATION.set, value: '1' };
    const twice = await client.ask(incrementalAlterConfigs, {
      resources: [{ ...resource, configs: [change, change] }],
      validateOnly: false,
    });
    expect(twice.resources).toMatchObject([
      { errorCode: INVALID_REQUEST, errorMessage: expect.stringContaining('twice') as unknown },
    ]);
    const told = (await describeAll(CONFIG_RESOURCE.topic, 'tuned')).configs;
    expect(told.get('retention.ms')).toMatchObject({ source: 5 });
    expect(told.get('cleanup.policy')).toMatchObject({ source: 1 });
  });
});

describe('the settings of the node', () => {
  it('are told, read only, with the defaults of topics among them', async () => {
    const { configs } = await describeAll(CONFIG_RESOURCE.broker, '1');
    expect(configs.get('broker.id')).toMatchObject({ value: '1', source: 4, readOnly: true });
    expect(configs.get('log.retention.ms')).toMatchObject({ value: '-1', source: 5 });
    expect(configs.get('message.max.bytes')).toMatchObject({ value: '8388608' });
    expect((await describeAll(CONFIG_RESOURCE.broker, '2')).error).toBe(INVALID_REQUEST);
  });

  it.each([
    ['of the node', CONFIG_RESOURCE.broker, '1', INVALID_REQUEST, 'when it is started'],
    ['of all nodes', CONFIG_RESOURCE.broker, '', INVALID_REQUEST, 'when it is started'],
    ['of its log lines', 8, '1', INVALID_REQUEST, 'there are no others'],
    [
      'of the topic of groups',
      CONFIG_RESOURCE.topic,
      '__consumer_offsets',
      INVALID_TOPIC_EXCEPTION,
      'by the log alone',
    ],
  ])('%s are not changed by clients, who are told so', async (_, type, name, error, sentence) => {
    const resources = [{ type, name, configs: entries({ 'log.retention.ms': '1' }) }];
    const answer = await client.ask(alterConfigs, { resources, validateOnly: false });
    expect(answer.resources).toMatchObject([
      { errorCode: error, errorMessage: expect.stringContaining(sentence) as unknown },
    ]);
  });
});

describe('a tool that tidies up', () => {
  it('may take back what no client can set, of the node and of a topic', async () => {
    const taken = (names: readonly string[]) =>
      names.map((name) => ({ name, operation: CONFIG_OPERATION.delete, value: '' }));
    // As kafka-reassign-partitions --verify does.
    const { resources } = await client.ask(incrementalAlterConfigs, {
      resources: [
        {
          type: CONFIG_RESOURCE.broker,
          name: '1',
          configs: taken(['leader.replication.throttled.rate']),
        },
        {
          type: CONFIG_RESOURCE.topic,
          name: 'tuned',
          configs: taken(['leader.replication.throttled.replicas']),
        },
      ],
      validateOnly: false,
    });
    expect(resources.map(({ errorCode }) => errorCode)).toEqual([0, 0]);
  });
});

describe('an append', () => {
  it('for all replicas is refused where a topic wants more than there are', async () => {
    await create('many-replicas', { 'min.insync.replicas': '2' });
    expect(await append('many-replicas', batchOf('x'))).toMatchObject({
      errorCode: KAFKA_ERRORS.NOT_ENOUGH_REPLICAS,
      errorMessage: 'min.insync.replicas is 2, and there is 1 replica',
    });
    expect(await append('many-replicas', batchOf('x'), 1)).toMatchObject({ errorCode: 0 });
  });

  it('with times too far from those of the log is refused where a topic says how far', async () => {
    await create('timely', { 'message.timestamp.difference.max.ms': '60000' });
    const at = (ms: number) => buildRecordBatch([{ key: null, value: Buffer.from('x') }], ms);
    const { INVALID_TIMESTAMP } = KAFKA_ERRORS;
    expect(await append('timely', at(Date.now() - 120_000))).toMatchObject({
      errorCode: INVALID_TIMESTAMP,
      errorMessage: expect.stringContaining('message.timestamp.difference.max.ms') as unknown,
    });
    expect((await append('timely', at(Date.now() + 120_000))).errorCode).toBe(INVALID_TIMESTAMP);
    for (const ms of [Date.now(), -1]) expect((await append('timely', at(ms))).errorCode).toBe(0);
  });

  it('whose first time is impossible costs itself alone', async () => {
    const batch = batchOf('x');
    batch.writeBigInt64BE(-(2n ** 63n), AT.baseTimestamp);
    batch.writeUInt32BE(crc32c(batch.subarray(AT.attributes)), AT.crc);
    expect((await append('timely', batch)).errorCode).toBe(KAFKA_ERRORS.INVALID_TIMESTAMP);
  });

  it('begins a new segment where the topic has smaller ones than the node', async () => {
    await create('small-segments', { 'segment.bytes': '5000' });
    for (const _ of [1, 2, 3]) await append('small-segments', batchOf('x'.repeat(3000)));
    const folder = join(log.logDir, 'topics/small-segments/0');
    expect(readdirSync(folder).filter((name) => name.endsWith('.log')).length).toBe(3);
  });
});

describe('a topic that is compacted', () => {
  const keyed = (keys: readonly string[], ms: number) =>
    buildRecordBatch(
      keys.map((key) => ({ key: Buffer.from(key), value: Buffer.from(key) })),
      ms,
    );
  /** Keys in the segment that begins at offset 2. */
  const keysIn = async (topic: string) =>
    readRecords(await fetchBytes(client, topic, 2)).map(({ key }) => String(key));

  it('keeps young records for as long as it says, and loses old ones where it deletes too', async () => {
    await create('both', { 'cleanup.policy': 'compact,delete', 'retention.ms': '3600000' });
    await create('lagging', { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': '3600000' });
    const now = Date.now();
    for (const topic of ['lagging', 'both'])
      for (const batch of [
        keyed(['old', 'old-too'], now - 7_200_000),
        keyed(['again', 'a'], now),
        keyed(['again', 'b'], now),
      ]) {
        await append(topic, batch);
        // Each in a segment of its own.
        await eventually('the segment is ended', () => {
          const folder = join(log.logDir, 'topics', topic, '0');
          const last = readdirSync(folder)
            .filter((name) => name.endsWith('.log'))
            .toSorted()
            .at(-1);
          return statSync(join(folder, last ?? '')).size === 0;
        });
      }
    await eventually('the old records and the replaced one are gone', async () => {
      const removed = await log.metric('tally_log_removed_bytes_total{topic="both"}');
      return removed > 0 && String(await keysIn('both')) === 'a';
    });
    expect(await keysIn('lagging')).toEqual(['again', 'a']);
    expect(await log.metric('tally_log_removed_bytes_total{topic="lagging"}')).toBe(0);
  }, 60_000);
});
