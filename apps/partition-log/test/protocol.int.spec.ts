import { randomBytes } from 'node:crypto';
import { crc32c } from '@node-rs/crc32';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AT, buildRecordBatch, WireReader, type WireWriter } from '@tally/kafka-wire';
import { eventually } from '@tally/testing';
import type { Admin } from 'kafkajs';
import { LogProcess } from './support/log-process.js';
import {
  fetchBytes,
  produceAnswer,
  produceBatch,
  produceRequest,
  RawClient,
  request,
} from './support/raw-client.js';

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

const apiVersions = (version: number, correlationId: number) =>
  request(18, version, correlationId, (writer) => {
    if (version >= 3)
      writer.unsignedVarint(0).unsignedVarint(1).unsignedVarint(1).unsignedVarint(0);
  });

function length(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

describe('one connection', () => {
  it('is answered in the order in which it asked, appends too', async () => {
    const client = await RawClient.connect(log.port);
    const asked = 500;
    for (let id = 0; id < asked; id++) client.send(produceRequest(id, 'raw', 0, `value ${id}`));
    client.send(apiVersions(0, asked));
    await eventually('all is answered', () => client.answers.length === asked + 1);
    const appends = client.answers.slice(0, asked).map(produceAnswer);
    expect(appends.map(({ correlationId }) => correlationId)).toEqual([...Array(asked).keys()]);
    expect(appends.every(({ errorCode }) => errorCode === 0)).toBe(true);
    const first = appends[0]?.baseOffset ?? 0n;
    expect(appends.map(({ baseOffset }) => Number(baseOffset - first))).toEqual([
      ...Array(asked).keys(),
    ]);
    expect(client.answers[asked]?.readInt32BE(0)).toBe(asked);
    client.close();
  });

  it('learns in version 0 what is served when it asks in a version of the future', async () => {
    const client = await RawClient.connect(log.port);
    client.send(apiVersions(4, 7));
    client.send(apiVersions(3, 8));
    await eventually('both are answered', () => client.answers.length === 2);
    const refused = new WireReader(client.answers[0] ?? Buffer.alloc(0));
    expect([refused.int32(), refused.int16()]).toEqual([7, 35]);
    const served = refused.array(() => [refused.int16(), refused.int16(), refused.int16()]);
    expect(served).toContainEqual([18, 0, 3]);
    // Some clients turn compression off where the first version of Produce is not 0.
    expect(served).toContainEqual([0, 0, 8]);
    // Nothing of transactions: no client may think that there are any.
    expect(served.map(([key]) => key)).not.toContain(24);
    expect(refused.remaining).toBe(0);
    const flexible = new WireReader(client.answers[1] ?? Buffer.alloc(0));
    // Header v0: no tags between the correlation id and the error.
    expect([flexible.int32(), flexible.int16(), flexible.unsignedVarint() - 1]).toEqual([
      8,
      0,
      served.length,
    ]);
    client.close();
  });
});

describe('a batch', () => {
  it('is stored and read as it came, even if nobody could read its records: they are not looked at', async () => {
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
    const client = await RawClient.connect(log.port);
    client.send(produceBatch(1, 'opaque', 0, batch));
    client.send(produceBatch(2, 'opaque', 0, batch));
    await eventually('both are answered', () => client.answers.length === 2);
    expect(client.answers.map(produceAnswer).map(({ errorCode }) => errorCode)).toEqual([0, 0]);
    const second = Buffer.from(batch);
    second.writeBigInt64BE(1n, AT.baseOffset);
    expect(await fetchBytes(client, 'opaque', 0)).toEqual(Buffer.concat([batch, second]));
    client.close();
  });
});

describe('bytes that are not the protocol', () => {
  const valid = produceRequest(1, 'raw', 0, 'x');
  it.each<[string, Buffer]>([
    ['a negative length', length(-1)],
    ['a length of two gigabytes', length(2 ** 31 - 1)],
    ['a length above the limit', length(MAX_REQUEST_BYTES + 1)],
    ['a frame too short to be answered', Buffer.concat([length(4), Buffer.alloc(4)])],
    ['an API that there is not', request(999, 0, 1, () => undefined)],
    ['a version that was not told', request(3, 9, 1, () => undefined)],
    ['a version that is told and refused', request(0, 2, 1, () => undefined)],
    ['a request that ends in the middle', Buffer.concat([length(20), valid.subarray(4, 24)])],
    ['an array of two billion', request(3, 1, 1, (writer) => writer.int32(2 ** 31 - 1))],
    ['a string of a negative length', request(10, 0, 1, (writer) => writer.int16(-7))],
    ['a name that is not UTF-8', request(10, 0, 1, (writer) => writer.int16(2).int16(-1))],
    ['random bytes', Buffer.concat([length(64), randomBytes(64)])],
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  ])('%s costs one connection and no other', async (_name, bytes) => {
    const [bad, good] = [await RawClient.connect(log.port), await RawClient.connect(log.port)];
    bad.send(bytes);
    await bad.closed;
    expect(bad.answers).toEqual([]);
    good.send(apiVersions(0, 5));
    await eventually('the other is answered', () => good.answers.length === 1);
    good.close();
    expect(log.running).toBe(true);
  });

  it('are not made of names as long as the protocol allows: they are answered', async () => {
    const name = 'n'.repeat(0x7fff);
    const client = await RawClient.connect(log.port);
    const join = (writer: WireWriter) => {
      writer.string('g').int32(6000).int32(6000).string('').string('consumer');
      writer.int32(1).string('range').int32(0);
    };
    client.send(request(11, 4, 1, join, name));
    client.send(request(3, 1, 2, (writer) => writer.int32(1).string(name)));
    const config = (writer: WireWriter) => writer.int32(1).string(name).string('1');
    client.send(
      request(19, 1, 3, (writer) => {
        config(writer.int32(1).string('long').int32(1).int16(1).int32(0))
          .int32(1000)
          .boolean(false);
      }),
    );
    await eventually('all are answered', () => client.answers.length === 3);
    client.close();
  });

  it('do not reach the log when a batch is damaged', async () => {
    const client = await RawClient.connect(log.port);
    const damaged = produceRequest(3, 'raw', 0, 'to be damaged');
    damaged.writeUInt8((damaged.at(-2) ?? 0) ^ 1, damaged.length - 2);
    const before = await admin.fetchTopicOffsets('raw');
    client.send(damaged);
    await eventually('it is answered', () => client.answers.length === 1);
    // CORRUPT_MESSAGE
    expect(produceAnswer(client.answers[0] ?? Buffer.alloc(0)).errorCode).toBe(2);
    expect(await admin.fetchTopicOffsets('raw')).toEqual(before);
    client.close();
  });
});

describe('a log with as many clients as it takes', () => {
  it('refuses further ones and takes them again when some are gone', async () => {
    const clients: RawClient[] = [];
    const isServed = async () => {
      const client = await RawClient.connect(log.port);
      client.send(apiVersions(0, 1));
      clients.push(client);
      await eventually(
        'answered or refused',
        () => client.answers.length > 0 || client.socket.closed,
      );
      return client.answers.length > 0;
    };
    let served = 0;
    while (await isServed()) served += 1;
    expect(served).toBeLessThanOrEqual(15);
    // All came from one address; another one has not had its share.
    const other = await RawClient.connect(log.port, '127.0.0.2');
    other.send(apiVersions(0, 1));
    await eventually('it is served', () => other.answers.length === 1);
    other.close();
    for (const client of clients) client.close();
    await eventually('there is room again', isServed);
    for (const client of clients) client.close();
  });
});
