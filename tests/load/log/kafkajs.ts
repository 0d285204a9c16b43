import kafkajs from 'kafkajs';
import type { LogServer } from './log-server.js';
import { RECORD_BYTES, type Workload } from './workload.js';

/** What kafkajs gets out of the same log, in MB/s: it and not the log is what is slow. */
export interface KafkajsFigures {
  readonly appended: number;
  readonly fetched: number;
}

/** The same records by kafkajs, encoded and decoded by it, with the same requests in flight. */
export async function measureKafkajs(
  { port }: LogServer,
  workload: Workload,
): Promise<KafkajsFigures> {
  const { partitions, recordsPerBatch, requests, connections, inFlight } = workload;
  const topic = `${workload.topic}-kafkajs`;
  const client = new kafkajs.Kafka({
    clientId: 'log-bench',
    brokers: [`127.0.0.1:${port}`],
    logLevel: kafkajs.logLevel.ERROR,
  });
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({
    topics: [
      {
        topic,
        numPartitions: partitions,
        configEntries: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }],
      },
    ],
  });
  await admin.disconnect();

  const producer = client.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    idempotent: false,
  });
  await producer.connect();
  const value = Buffer.alloc(RECORD_BYTES, 'kafkajs ');
  let next = 0;
  const sender = async () => {
    for (let index = next++; index < requests; index = next++) {
      const partition = index % partitions;
      const messages = Array.from({ length: recordsPerBatch }, () => ({ partition, value }));
      await producer.send({ topic, acks: -1, messages });
    }
  };
  const bytes = requests * recordsPerBatch * RECORD_BYTES;
  let started = performance.now();
  await Promise.all(Array.from({ length: connections * inFlight }, sender));
  const appended = bytes / 1e3 / (performance.now() - started);
  await producer.disconnect();

  const consumer = client.consumer({ groupId: topic, maxBytesPerPartition: 8 << 20 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  let fetchedBytes = 0;
  await new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    consumer.on(consumer.events.GROUP_JOIN, () => (started = performance.now()));
    consumer
      .run({
        autoCommit: false,
        eachBatch: async ({ batch }) => {
          fetchedBytes += batch.messages.length * RECORD_BYTES;
          if (fetchedBytes >= bytes) resolve();
        },
      })
      .catch(reject);
  });
  const fetched = bytes / 1e3 / (performance.now() - started);
  await consumer.disconnect();
  return { appended, fetched };
}
