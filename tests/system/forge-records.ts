import type { Kafka } from 'kafkajs';

/** Writes records into the topic of events as any Kafka client may. */
export async function forgeRecords(
  kafka: Kafka,
  partition: number,
  values: readonly (Buffer | string)[],
): Promise<void> {
  const topics = kafka.admin();
  await topics.connect();
  const topic = (await topics.listTopics()).find((name) => name.startsWith('events-')) ?? '';
  await topics.disconnect();
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const messages = values.map((value) => ({ partition, value }));
  await producer.send({ topic, acks: -1, messages });
  await producer.disconnect();
}
