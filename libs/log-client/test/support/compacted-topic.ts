import { eventually } from '@tally/testing';
import kafkajs, { type Kafka } from 'kafkajs';

const KEYS = 5;
/** A batch each, whose records replace those of the one before, but not its first and last. */
const ROUNDS = 40;

/** So soon a topic is compacted. */
export const COMPACTS_SOON = {
  TALLY_LOG_UPKEEP_INTERVAL_MS: '20',
  TALLY_LOG_COMPACTED_SEGMENT_BYTES: '2000',
};

/** Appends batches of records with few keys between two of its own; resolves with the last key. */
export async function fillCompacted(client: Kafka, topic: string): Promise<string> {
  const admin = client.admin();
  await admin.connect();
  const configEntries = [{ name: 'cleanup.policy', value: 'compact' }];
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
  await admin.disconnect();
  const createPartitioner = kafkajs.Partitioners.DefaultPartitioner;
  const producer = client.producer({ createPartitioner });
  await producer.connect();
  for (let round = 0; round < ROUNDS; round++) {
    const keys = [
      `first ${round}`,
      ...Array.from({ length: KEYS }, (_, key) => `key ${key}`),
      `last ${round}`,
    ];
    const messages = keys.map((key) => ({ key, value: `${round}` }));
    await producer.send({ topic, messages });
  }
  await producer.disconnect();
  return `last ${ROUNDS - 1}`;
}

/** Keys by offset, from the beginning up to this key. */
export async function readKeys(
  client: Kafka,
  topic: string,
  groupId: string,
  last: string,
): Promise<Map<number, string>> {
  const consumer = client.consumer({ groupId, maxWaitTimeInMs: 50 });
  const found = new Map<number, string>();
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ message: { offset, key } }) =>
        void found.set(Number(offset), String(key)),
    });
    await eventually('the last record is read', () => [...found.values()].includes(last));
  } finally {
    await consumer.disconnect();
  }
  return found;
}
