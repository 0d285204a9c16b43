import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildRecordBatch, WireReader } from '@tally/kafka-wire';
import { eventually } from '@tally/testing';
import { Kcat, kcat } from './support/kcat.js';
import { LogProcess } from './support/log-process.js';
import { produceAnswer, produceBatch, RawClient, request } from './support/raw-client.js';

const log = new LogProcess();
beforeAll(async () => {
  await log.start();
  const admin = log.client().admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'numbered', numPartitions: 4 }] });
  await admin.disconnect();
}, 60_000);
afterAll(() => log.stop(), 60_000);

async function ask(frames: readonly Buffer[]): Promise<Buffer[]> {
  const client = await RawClient.connect(log.port);
  for (const frame of frames) client.send(frame);
  await eventually('all is answered', () => client.answers.length === frames.length);
  client.close();
  return client.answers;
}

async function newProducer(transactionalId: string | null = null) {
  const body = request(22, 1, 1, (writer) => writer.nullableString(transactionalId).int32(1000));
  const [answer] = await ask([body]);
  const reader = new WireReader(answer ?? Buffer.alloc(0));
  reader.take(8);
  return { errorCode: reader.int16(), id: reader.int64(), epoch: reader.int16() };
}

const OUT_OF_ORDER = 45;
const STALE_EPOCH = 47;

describe('an idempotent producer', () => {
  /** Error and offset of each of its batches, a record in each. */
  async function send(
    producerId: bigint,
    sequences: readonly number[],
    { partition = 0, producerEpoch = 0 } = {},
  ) {
    const frames = sequences.map((baseSequence) => {
      const records = [{ key: null, value: Buffer.from(`${baseSequence}`) }];
      const batch = buildRecordBatch(records, 1, { producerId, producerEpoch, baseSequence });
      return produceBatch(baseSequence, 'numbered', partition, batch);
    });
    return (await ask(frames)).map(produceAnswer);
  }
  const offsets = async (...given: Parameters<typeof send>) =>
    (await send(...given)).map(({ errorCode, baseOffset }) =>
      errorCode === 0 ? Number(baseOffset) : `error ${errorCode}`,
    );

  it('gets its batches in once and in order, whatever it sends again', async () => {
    const { id, epoch, errorCode } = await newProducer();
    expect([errorCode, epoch]).toEqual([0, 0]);
    expect(await offsets(id, [0, 1, 1, 3, 2, 0])).toEqual([0, 1, 1, `error ${OUT_OF_ORDER}`, 2, 0]);
    expect(await offsets(id, [3, 3])).toEqual([3, 3]);
    expect(await log.metric('tally_log_producers')).toBe(1);
    expect(await offsets(id, [0], { producerEpoch: 1 })).toEqual([4]);
    expect(await offsets(id, [4])).toEqual([`error ${STALE_EPOCH}`]);
  });

  it('sends again what was not answered before the log was killed, and it is there once', async () => {
    const { id } = await newProducer();
    const to = { partition: 1 };
    expect(await offsets(id, [0, 1, 2], to)).toEqual([0, 1, 2]);
    await log.kill();
    await log.restart();
    expect(await offsets(id, [1, 2, 3, 3, 5], to)).toEqual([1, 2, 3, 3, `error ${OUT_OF_ORDER}`]);
    await log.restart();
    expect(await offsets(id, [3, 4], to)).toEqual([3, 4]);
  }, 60_000);

  it('without an id is believed: what it sends twice is there twice', async () => {
    expect(await offsets(-1n, [0, 0], { partition: 2 })).toEqual([0, 1]);
  });

  it('has an id that nobody else gets, over restarts too', async () => {
    const ids: bigint[] = [];
    const take = async () => {
      for (let index = 0; index < 3; index++) ids.push((await newProducer()).id);
    };
    await take();
    await log.kill();
    await log.restart();
    await take();
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(ids.toSorted((a, b) => (a < b ? -1 : 1)));
  }, 60_000);

  it('that is kcat gets every record in once and in order while the log is killed again and again', async () => {
    const count = 20_000;
    const sent = Array.from({ length: count }, (_, index) => `${index}`);
    const settings = ['enable.idempotence=true', 'linger.ms=1', 'batch.num.messages=50'];
    // -E: it goes on when it has lost the log for a while.
    const producer = new Kcat(
      log.port,
      [
        ...['-q', '-E', '-P', '-t', 'numbered', '-p', '3'],
        ...[...settings, 'reconnect.backoff.max.ms=200'].flatMap((setting) => ['-X', setting]),
      ],
      sent.map((text) => `${text}\n`).join(''),
    );
    const appended = () => log.metric('tally_log_append_bytes_total{topic="numbered"}');
    for (let kill = 0; kill < 2; kill++) {
      await eventually('some are in', async () => (await appended()) > 20_000);
      await log.kill();
      await log.restart();
    }
    expect(await producer.ended).toBe(0);
    const read = ['-C', '-t', 'numbered', '-p', '3', '-o', 'beginning', '-e', '-f', '%o %s\n'];
    expect(await kcat(log.port, read)).toEqual(sent.map((text) => `${text} ${text}`));
  }, 60_000);

  it('cannot be one of transactions', async () => {
    // INVALID_REQUEST
    expect(await newProducer('mine')).toEqual({ errorCode: 42, id: -1n, epoch: -1 });
  });
});
