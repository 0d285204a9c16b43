import { randomBytes } from 'node:crypto';
import { crc32c } from '@node-rs/crc32';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  apiVersions,
  AT,
  buildRecordBatch,
  correlationIdOf,
  createTopics,
  decodeResponse,
  encodeRequest,
  findCoordinator,
  joinGroup,
  KAFKA_ERRORS,
  LENGTH_ENDS_AT,
  metadata,
  produce,
  writeRequest,
  type WireWriter,
} from '@tally/kafka-wire';
import { eventually } from '@tally/testing';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import type { Admin } from 'kafkajs';
import { LogProcess } from './support/log-process.js';
import { batchOf, fetchBytes, onlyPartition, producing } from './support/requests.js';

const MAX_REQUEST_BYTES = 1 << 20;
const log = new LogProcess({
  TALLY_KAFKA_MAX_REQUEST_BYTES: String(MAX_REQUEST_BYTES),
  TALLY_KAFKA_MAX_CONNECTIONS: '20',
  TALLY_KAFKA_MAX_CONNECTIONS_PER_ADDRESS: '15',
});
let admin: Admin;
beforeAll(async () => {
  await log.start();
  admin = log.client().admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'raw', numPartitions: 1 }] });
}, 60_000);
afterAll(async () => {
  await admin?.disconnect();
  await log.stop();
}, 60_000);

/** Says nothing of the software that asks. */
const NOBODY = { softwareName: '', softwareVersion: '' };
const produceRequest = (value: string, correlationId = 0) =>
  Buffer.concat(encodeRequest(produce, producing('raw', 0, batchOf(value)), { correlationId }));

/** A request of any API in any version, whatever is in it. */
function anyRequest(apiKey: number, apiVersion: number, body: (writer: WireWriter) => unknown) {
  const header = { apiKey, apiVersion, correlationId: 1, clientId: 'raw' };
  return Buffer.concat(writeRequest(header, body));
}

function length(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

describe('one connection', () => {
  it('is answered in the order in which it asked, appends too', async () => {
    const client = await KafkaConnection.open(log.port);
    const asked = 500;
    for (let id = 0; id < asked; id++) client.send(produceRequest(`value ${id}`, id));
    client.send(...encodeRequest(apiVersions, NOBODY, { version: 0, correlationId: asked }));
    await eventually('all is answered', () => client.answers.length === asked + 1);
    expect(client.answers.map(correlationIdOf)).toEqual([...Array(asked + 1).keys()]);
    const appends = client.answers
      .slice(0, asked)
      .map((answer) => onlyPartition(decodeResponse(produce, answer)));
    expect(appends.every(({ errorCode }) => errorCode === 0)).toBe(true);
    const first = appends[0]?.baseOffset ?? 0n;
    expect(appends.map(({ baseOffset }) => Number(baseOffset - first))).toEqual([
      ...Array(asked).keys(),
    ]);
    client.close();
  });

  it('learns in version 0 what is served when it asks in a version of the future', async () => {
    const client = await KafkaConnection.open(log.port);
    const future = encodeRequest(apiVersions, NOBODY, { version: 4 });
    const refused = decodeResponse(apiVersions, await client.exchange(future), 0);
    expect(refused.errorCode).toBe(KAFKA_ERRORS.UNSUPPORTED_VERSION);
    expect(refused.apis).toContainEqual({ key: 18, min: 0, max: 3 });
    // Some clients turn compression off where the first version of Produce is not 0.
    expect(refused.apis).toContainEqual({ key: 0, min: 0, max: 8 });
    // Nothing of transactions: no client may think that there are any.
    expect(refused.apis.map(({ key }) => key)).not.toContain(24);
    // Header v0: no tags between the correlation id and the error.
    const flexible = await client.ask(apiVersions, NOBODY, { version: 3 });
    expect(flexible).toEqual({ errorCode: 0, apis: refused.apis });
    client.close();
  });
});

describe('a topic', () => {
  it('that a client makes keeps the times of its records unless it is told otherwise', async () => {
    await admin.createTopics({ topics: [{ topic: 'timed', numPartitions: 1 }] });
    const batch = buildRecordBatch([{ key: null, value: Buffer.from('x') }], 1000);
    const client = await KafkaConnection.open(log.port);
    const answer = onlyPartition(await client.ask(produce, producing('timed', 0, batch)));
    expect(answer).toMatchObject({ errorCode: 0, logAppendTimeMs: -1n });
    expect(await fetchBytes(client, 'timed', 0)).toEqual(batch);
    client.close();
  });

  it('whose name no topic can have is told from one that is not there', async () => {
    const client = await KafkaConnection.open(log.port);
    const names = ['a b', '#', '', '..', 'a'.repeat(250), 'not-made'];
    const { topics } = await client.ask(metadata, { topics: names });
    const { INVALID_TOPIC_EXCEPTION, UNKNOWN_TOPIC_OR_PARTITION } = KAFKA_ERRORS;
    expect(topics.map(({ errorCode }) => errorCode)).toEqual([
      ...names.slice(1).map(() => INVALID_TOPIC_EXCEPTION),
      UNKNOWN_TOPIC_OR_PARTITION,
    ]);
    client.close();
  });
});

/** A record of 12 bytes that says that it has 2^30 headers. */
const MANY_HEADERS = [22, 0, 0, 0, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x08, 0];
/** A record with 101 empty headers. */
const HEADERS = [0xa2, 3, 0, 0, 0, 1, 1, 0xca, 1, ...Array<number>(202).fill(0)];

describe('a batch', () => {
  it('is stored and read as it came, even if nobody could unpack its records', async () => {
    await admin.createTopics({
      topics: [
        {
          topic: 'opaque',
          numPartitions: 1,
          configEntries: [{ name: 'message.timestamp.type', value: 'CreateTime' }],
        },
      ],
    });
    const batch = buildRecordBatch([{ key: null, value: randomBytes(5000) }], 1000);
    // Says that it is compressed with zstd, and is not.
    batch.writeInt16BE(4, AT.attributes);
    batch.writeUInt32BE(crc32c(batch.subarray(AT.attributes)), AT.crc);
    const client = await KafkaConnection.open(log.port);
    for (const _ of [1, 2]) {
      const answer = await client.ask(produce, producing('opaque', 0, batch));
      expect(onlyPartition(answer).errorCode).toBe(0);
    }
    const second = Buffer.from(batch);
    second.writeBigInt64BE(1n, AT.baseOffset);
    expect(await fetchBytes(client, 'opaque', 0)).toEqual(Buffer.concat([batch, second]));
    client.close();
  });

  it.each([
    ['that is compressed, on a topic of such as are not', 'plain', 1, [], 'not compressed'],
    [
      'with more headers than bytes, on any topic',
      'any',
      0,
      MANY_HEADERS,
      'its headers end behind',
    ],
    ['with more headers than readers take, on theirs', 'plain', 0, HEADERS, 'at most 100 headers'],
    ['with many headers, on any other', 'any', 0, HEADERS, undefined],
  ])(
    '%s, is taken or its producer is told what is wrong',
    async (_name, topic, codec, records, message) => {
      const compression = topic === 'plain' ? 'uncompressed' : 'producer';
      const configEntries = [{ name: 'compression.type', value: compression }];
      await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
      const one = buildRecordBatch([{ key: null, value: null }], 1000);
      const batch = Buffer.concat([one.subarray(0, AT.records), Buffer.from(records)]);
      batch.writeInt32BE(batch.length - LENGTH_ENDS_AT, AT.length);
      batch.writeInt16BE(codec, AT.attributes);
      batch.writeUInt32BE(crc32c(batch.subarray(AT.attributes)), AT.crc);
      const client = await KafkaConnection.open(log.port);
      const answer = await client.ask(produce, producing(topic, 0, batch), { version: 8 });
      client.close();
      const { INVALID_RECORD, NONE } = KAFKA_ERRORS;
      expect(onlyPartition(answer)).toMatchObject(
        message === undefined
          ? { errorCode: NONE }
          : { errorCode: INVALID_RECORD, errorMessage: expect.stringContaining(message) },
      );
    },
  );
});

describe('bytes that are not the protocol', () => {
  const valid = produceRequest('x');
  it.each<[string, Buffer]>([
    ['a negative length', length(-1)],
    ['a length of two gigabytes', length(2 ** 31 - 1)],
    ['a length above the limit', length(MAX_REQUEST_BYTES + 1)],
    ['a frame too short to be answered', Buffer.concat([length(4), Buffer.alloc(4)])],
    ['an API that there is not', anyRequest(999, 0, () => undefined)],
    ['a version that was not told', anyRequest(metadata.key, 9, () => undefined)],
    ['a version that is told and refused', anyRequest(produce.key, 2, () => undefined)],
    ['a request that ends in the middle', Buffer.concat([length(20), valid.subarray(4, 24)])],
    ['an array of two billion', anyRequest(metadata.key, 1, (writer) => writer.int32(2 ** 31 - 1))],
    [
      'a string of a negative length',
      anyRequest(findCoordinator.key, 0, (writer) => writer.int16(-7)),
    ],
    [
      'a name that is not UTF-8',
      anyRequest(findCoordinator.key, 0, (writer) => writer.int16(2).int16(-1)),
    ],
    ['random bytes', Buffer.concat([length(64), randomBytes(64)])],
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  ])('%s costs one connection and no other', async (_name, bytes) => {
    const [bad, good] = [
      await KafkaConnection.open(log.port),
      await KafkaConnection.open(log.port),
    ];
    bad.send(bytes);
    await bad.closed;
    expect(bad.answers).toEqual([]);
    expect((await good.ask(apiVersions, NOBODY)).errorCode).toBe(0);
    good.close();
    expect(log.running).toBe(true);
  });

  it('are not made of names as long as the protocol allows: they are answered', async () => {
    const name = 'n'.repeat(0x7fff);
    const client = await KafkaConnection.open(log.port);
    const joining = {
      groupId: 'g',
      sessionTimeoutMs: 6000,
      rebalanceTimeoutMs: 6000,
      memberId: '',
      groupInstanceId: null,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
      canRejoinWithId: true,
    };
    const topic = {
      name: 'long',
      partitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: [{ name, value: '1' }],
    };
    await client.ask(joinGroup, joining, { version: 4, clientId: name });
    await client.ask(metadata, { topics: [name] }, { version: 1 });
    await client.ask(createTopics, { topics: [topic], validateOnly: false }, { version: 1 });
    client.close();
  });

  it('do not reach the log when a batch is damaged', async () => {
    const client = await KafkaConnection.open(log.port);
    const damaged = produceRequest('to be damaged');
    damaged.writeUInt8((damaged.at(-2) ?? 0) ^ 1, damaged.length - 2);
    const before = await admin.fetchTopicOffsets('raw');
    const answer = decodeResponse(produce, await client.exchange([damaged]));
    expect(onlyPartition(answer).errorCode).toBe(KAFKA_ERRORS.CORRUPT_MESSAGE);
    expect(await admin.fetchTopicOffsets('raw')).toEqual(before);
    client.close();
  });
});

describe('a log with as many clients as it takes', () => {
  it('refuses further ones and takes them again when some are gone', async () => {
    const clients: KafkaConnection[] = [];
    const isServed = async () => {
      const client = await KafkaConnection.open(log.port);
      clients.push(client);
      return client.ask(apiVersions, NOBODY).then(
        () => true,
        () => false,
      );
    };
    let served = 0;
    while (await isServed()) served += 1;
    expect(served).toBeLessThanOrEqual(15);
    // All came from one address; another one has not had its share.
    const other = await KafkaConnection.open(log.port, '127.0.0.2');
    expect((await other.ask(apiVersions, NOBODY)).errorCode).toBe(0);
    other.close();
    for (const client of clients) client.close();
    await eventually('there is room again', isServed);
    for (const client of clients) client.close();
  });
});
