import { crc32c } from '@node-rs/crc32';
import { expect } from '@jest/globals';
import { AT, buildRecordBatch, KAFKA_ERRORS, LENGTH_ENDS_AT, produce } from '@tally/kafka-wire';
import { KafkaConnection } from '@tally/testing/kafka-connection';

export const GZIP = 1;
export const LZ4 = 3;
/** A record of 12 bytes that says that it has 2^30 headers. */
export const MANY_HEADERS = Buffer.from([22, 0, 0, 0, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x08, 0]);

/** What no producer sends: bytes that say that they are one record, packed with this codec. */
export async function produceRaw(
  broker: string,
  topic: string,
  partition: number,
  codec: number,
  bytes: Buffer,
): Promise<void> {
  const one = buildRecordBatch([{ key: null, value: null }], 1000);
  const records = Buffer.concat([one.subarray(0, AT.records), bytes]);
  records.writeInt32BE(records.length - LENGTH_ENDS_AT, AT.length);
  records.writeInt16BE(codec, AT.attributes);
  records.writeUInt32BE(crc32c(records.subarray(AT.attributes)), AT.crc);
  const connection = await KafkaConnection.open(Number(broker.split(':')[1]));
  const answer = await connection.ask(produce, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 5000,
    topics: [{ name: topic, partitions: [{ partition, records }] }],
  });
  connection.close();
  expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(KAFKA_ERRORS.NONE);
}
