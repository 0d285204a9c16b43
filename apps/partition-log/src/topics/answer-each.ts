import { KAFKA_ERRORS, type KafkaError } from '@tally/kafka-wire';

/** Why a topic stays as it is. */
export type Refusal = readonly [KafkaError, string];

/** Does what a request wants of each of its topics, one after the other; none may be named twice. */
export async function answerEach<Wanted extends { readonly name: string }>(
  topics: readonly Wanted[],
  carryOut: (topic: Wanted) => Promise<Refusal | undefined>,
) {
  const results = [];
  for (const topic of topics) {
    const isTwice = topics.some((other) => other !== topic && other.name === topic.name);
    const refusal: Refusal | undefined = isTwice
      ? ['INVALID_REQUEST', 'the topic is in the request twice']
      : await carryOut(topic);
    const [error, errorMessage] = refusal ?? (['NONE', null] as const);
    results.push({ name: topic.name, errorCode: KAFKA_ERRORS[error], errorMessage });
  }
  return results;
}
