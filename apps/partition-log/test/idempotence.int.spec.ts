import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  buildRecordBatch,
  findCoordinator,
  initProducerId,
  KAFKA_ERRORS,
  produce,
} from '@tally/kafka-wire';
import { eventually } from '@tally/testing';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import { Kcat, kcat } from './support/kcat.js';
import { LogProcess } from './support/log-process.js';
import { onlyPartition, producing } from './support/requests.js';

const log = new LogProcess();
beforeAll(async () => {
  await log.start();
  const admin = log.client().admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'numbered', numPartitions: 4 }] });
  await admin.disconnect();
}, 60_000);
afterAll(() => log.stop(), 60_000);

async function newProducer(transactionalId: string | null = null) {
  const connection = await KafkaConnection.open(log.port);
  const answer = await connection.ask(initProducerId, { transactionalId });
  connection.close();
  return answer;
}

const { OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH } = KAFKA_ERRORS;

describe('an idempotent producer', () => {
  /** Error and offset of each of its batches, a record in each. */
  async function send(
    producerId: bigint,
    sequences: readonly number[],
    { partition = 0, producerEpoch = 0 } = {},
  ) {
    const connection = await KafkaConnection.open(log.port);
    const answers = sequences.map((baseSequence) => {
      const records = [{ key: null, value: Buffer.from(`${baseSequence}`) }];
      const batch = buildRecordBatch(records, 1, { producerId, producerEpoch, baseSequence });
      return connection.ask(produce, producing('numbered', partition, batch));
    });
    const partitions = (await Promise.all(answers)).map(onlyPartition);
    connection.close();
    return partitions;
  }
  const offsets = async (...given: Parameters<typeof send>) =>
    (await send(...given)).map(({ errorCode, baseOffset }) =>
      errorCode === 0 ? Number(baseOffset) : `error ${errorCode}`,
    );

  it('gets its batches in once and in order, whatever it sends again', async () => {
    const { producerId: id, producerEpoch, errorCode } = await newProducer();
    expect([errorCode, producerEpoch]).toEqual([0, 0]);
    expect(await offsets(id, [0, 1, 1, 3, 2, 0])).toEqual([
      0,
      1,
      1,
      `error ${OUT_OF_ORDER_SEQUENCE_NUMBER}`,
      2,
      0,
    ]);
    expect(await offsets(id, [3, 3])).toEqual([3, 3]);
    expect(await log.metric('tally_log_producers')).toBe(1);
    expect(await offsets(id, [0], { producerEpoch: 1 })).toEqual([4]);
    expect(await offsets(id, [4])).toEqual([`error ${INVALID_PRODUCER_EPOCH}`]);
  });

  it('sends again what was not answered before the log was killed, and it is there once', async () => {
    const { producerId: id } = await newProducer();
    const to = { partition: 1 };
    expect(await offsets(id, [0, 1, 2], to)).toEqual([0, 1, 2]);
    await log.kill();
    await log.restart();
    expect(await offsets(id, [1, 2, 3, 3, 5], to)).toEqual([
      1,
      2,
      3,
      3,
      `error ${OUT_OF_ORDER_SEQUENCE_NUMBER}`,
    ]);
    await log.restart();
    expect(await offsets(id, [3, 4], to)).toEqual([3, 4]);
  }, 60_000);

  it('without an id is believed: what it sends twice is there twice', async () => {
    expect(await offsets(-1n, [0, 0], { partition: 2 })).toEqual([0, 1]);
  });

  it('has an id that nobody else gets, over restarts too', async () => {
    const ids: bigint[] = [];
    const take = async () => {
      for (let index = 0; index < 3; index++) ids.push((await newProducer()).producerId);
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

  it('cannot be one of transactions, and is told so in a way that no client tries again', async () => {
    const { TRANSACTIONAL_ID_AUTHORIZATION_FAILED: errorCode } = KAFKA_ERRORS;
    expect(await newProducer('mine')).toEqual({ errorCode, producerId: -1n, producerEpoch: -1 });
    const connection = await KafkaConnection.open(log.port);
    const found = await connection.ask(findCoordinator, { key: 'mine', keyType: 1 });
    expect(found.errorCode).toBe(errorCode);
    expect(found.errorMessage).toMatch('no transactions');
    connection.close();
    // librdkafka asks on after most other errors, until its minute is over.
    const producer = new Kcat(
      log.port,
      ['-P', '-t', 'numbered', '-p', '0', '-X', 'transactional.id=mine'],
      'x\n',
    );
    expect(await producer.ended).not.toBe(0);
    expect(producer.errors).toMatch(/transaction/i);
  });
});
