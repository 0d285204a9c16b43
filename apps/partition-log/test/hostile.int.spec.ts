import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AT,
  CONFIG_RESOURCE,
  createTopics,
  fetch,
  formatCredentials,
  incrementalAlterConfigs,
  joinGroup,
  KAFKA_ERRORS,
  metadata,
  produce,
  saslHandshake,
  encodeRequest,
  writeRequest,
} from '@tally/kafka-wire';
import { eventually } from '@tally/testing';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import { LogProcess } from './support/log-process.js';
import { batchOf, fetching, onlyPartition, producing } from './support/requests.js';

/** The longest that a string of the protocol can be. */
const LONGEST = 0x7fff;
const users = mkdtempSync(join(tmpdir(), 'tally-hostile-'));
const resource = { type: CONFIG_RESOURCE.topic, name: 'own-times' };
const log = new LogProcess({ TALLY_LOG_SEGMENT_BYTES: '65536' });
const guarded = new LogProcess({ TALLY_KAFKA_SASL_FILE: join(users, 'users') });

beforeAll(async () => {
  writeFileSync(join(users, 'users'), await formatCredentials('writer', 'secret'));
  await Promise.all([log.start(), guarded.start()]);
  const admin = log.client().admin();
  await admin.connect();
  const times = (value: string) => [{ name: 'message.timestamp.type', value }];
  await admin.createTopics({
    topics: [
      { topic: 'wide', numPartitions: 16, configEntries: times('LogAppendTime') },
      { topic: 'own-times', numPartitions: 1, configEntries: times('CreateTime') },
    ],
  });
  await admin.disconnect();
}, 60_000);
afterAll(async () => {
  await Promise.all([log.stop(), guarded.stop()]);
  rmSync(users, { recursive: true, force: true });
}, 60_000);

describe('a name of the greatest length', () => {
  const name = 'a'.repeat(LONGEST);

  it('of a topic that does not exist is refused, whoever asks', async () => {
    const client = await KafkaConnection.open(log.port);
    const admin = log.client({ retries: 0 }).admin();
    await admin.connect();
    await expect(
      admin.createPartitions({ topicPartitions: [{ topic: name, count: 2 }] }),
    ).rejects.toMatchObject({ type: 'UNKNOWN_TOPIC_OR_PARTITION' });
    await admin.disconnect();
    const topics = await client.ask(createTopics, {
      topics: [{ name, partitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
      validateOnly: false,
    });
    expect(topics.topics[0]?.errorCode).toBe(KAFKA_ERRORS.INVALID_TOPIC_EXCEPTION);
    client.close();
  });

  it('that is no UTF-8 costs its connection and nothing else', async () => {
    const other = await KafkaConnection.open(log.port);
    const client = await KafkaConnection.open(log.port);
    const header = { apiKey: metadata.key, apiVersion: 1, correlationId: 1, clientId: 'raw' };
    const request = writeRequest(header, (writer) =>
      writer.int32(1).int16(20_000).raw(Buffer.alloc(20_000, 0xff)),
    );
    client.send(...request);
    await client.closed;
    const answer = await other.ask(metadata, { topics: null });
    expect(answer.topics.map((topic) => topic.name)).toContain('wide');
    other.close();
  });
});

describe('a time that no clock has', () => {
  const batchAt = (time: bigint) => {
    const batch = batchOf('x'.repeat(1000));
    batch.writeBigInt64BE(time, AT.maxTimestamp);
    batch.writeUInt32BE(crc32c(batch.subarray(AT.attributes)), AT.crc);
    return batch;
  };

  it.each([2n ** 63n - 1n, 2n ** 53n, -(2n ** 63n)])(
    'is refused where it would be kept: %s',
    async (time) => {
      const client = await KafkaConnection.open(log.port);
      const kept = await client.ask(produce, producing('own-times', 0, batchAt(time)));
      expect(onlyPartition(kept).errorCode).toBe(KAFKA_ERRORS.INVALID_TIMESTAMP);
      const stamped = await client.ask(produce, producing('wide', 0, batchAt(time)));
      expect(onlyPartition(stamped).errorCode).toBe(KAFKA_ERRORS.NONE);
      client.close();
    },
  );

  it('can be looked for', async () => {
    const admin = log.client().admin();
    await admin.connect();
    for (const time of [2 ** 62, 2 ** 53])
      expect(await admin.fetchTopicOffsetsByTimestamp('own-times', time)).toEqual([
        { partition: 0, offset: '0' },
      ]);
    await admin.disconnect();
  });
});

describe('a consumer that is far behind', () => {
  it('gets something of every partition soon, though one answer has no room for all', async () => {
    const client = await KafkaConnection.open(log.port);
    const partitions = [...Array(16).keys()];
    for (const partition of partitions)
      await client.ask(produce, producing('wide', partition, batchOf('x'.repeat(10_000))));
    const offsets = Object.fromEntries(partitions.map((partition) => [partition, 0n]));
    const served = new Set<number>();
    await eventually('all are served', async () => {
      const answer = await client.ask(fetch, fetching('wide', offsets, { maxBytes: 30_000 }));
      for (const { partition, records } of answer.topics[0]?.partitions ?? [])
        if (records.length > 0) served.add(partition);
      return served.size === partitions.length;
    });
    client.close();
  });

  it('leaves nothing behind with each answer that it takes', async () => {
    const client = await KafkaConnection.open(log.port);
    const value = 'x'.repeat(900_000);
    await client.ask(produce, producing('wide', 3, batchOf(value)));
    // The log would say that it has too many listeners, and `stop` looks for that.
    for (let answers = 0; answers < 30; answers++) {
      const answer = await client.ask(fetch, fetching('wide', { 3: 1n }));
      expect(Buffer.concat(onlyPartition(answer).records).length).toBeGreaterThan(value.length);
    }
    client.close();
  });
});

describe('a client id that is cut', () => {
  it('is never cut within a character: its member can join', async () => {
    const client = await KafkaConnection.open(log.port);
    const clientId = `${'a'.repeat(199)}😀 service`;
    const join = (memberId: string) =>
      client.ask(
        joinGroup,
        {
          groupId: 'cut',
          sessionTimeoutMs: 6000,
          rebalanceTimeoutMs: 6000,
          memberId,
          groupInstanceId: null,
          canRejoinWithId: true,
          protocolType: 'consumer',
          protocols: [{ name: 'range', metadata: Buffer.of(1) }],
        },
        { clientId },
      );
    const told = await join('');
    expect(told.errorCode).toBe(KAFKA_ERRORS.MEMBER_ID_REQUIRED);
    expect((await join(told.memberId)).errorCode).toBe(KAFKA_ERRORS.NONE);
    client.close();
  });
});

describe('two changes of settings at once', () => {
  it('both hold', async () => {
    const admin = log.client().admin();
    await admin.connect();
    const clients = await Promise.all([1, 2].map(() => KafkaConnection.open(log.port)));
    for (let round = 1; round <= 10; round++) {
      const wanted = {
        'max.message.bytes': String(100_000 + round),
        'segment.ms': `${round}00000`,
      };
      await Promise.all(
        Object.entries(wanted).map(([name, value], at) =>
          clients[at]?.ask(incrementalAlterConfigs, {
            resources: [{ ...resource, configs: [{ name, operation: 0, value }] }],
            validateOnly: false,
          }),
        ),
      );
      const told = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ ...resource, configNames: Object.keys(wanted) }],
      });
      const configs = told.resources[0]?.configEntries ?? [];
      expect(
        Object.fromEntries(configs.map(({ configName, configValue }) => [configName, configValue])),
      ).toEqual(wanted);
    }
    for (const client of clients) client.close();
    await admin.disconnect();
  });
});

describe('a client that was told to go', () => {
  it('fills no memory with what it still sends', async () => {
    const socket = createConnection({ port: guarded.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined);
    socket.resume();
    await once(socket, 'connect');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    for (const part of encodeRequest(saslHandshake, { mechanism: 'NOPE', hasFramedTokens: true }))
      socket.write(part);
    const memory = () => guarded.metric('process_resident_memory_bytes');
    const before = await memory();
    const junk = Buffer.alloc(1 << 20, 7);
    let sent = 0;
    for (; sent < 600 && !socket.destroyed; sent++)
      if (!socket.write(junk))
        await Promise.race([once(socket, 'drain').catch(() => undefined), closed]);
    expect(sent).toBeLessThan(600);
    expect((await memory()) - before).toBeLessThan(100 << 20);
  });
});
