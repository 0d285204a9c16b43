import { KAFKA_ERRORS, nameOfKafkaError } from '@tally/kafka-wire';

/** What the log said for good: to ask it again changes nothing. */
export class LogRefusal extends Error {}

/** By these a log says that the same may succeed soon, here or at another broker. */
const PASSING: ReadonlySet<number> = new Set([
  KAFKA_ERRORS.CORRUPT_MESSAGE,
  KAFKA_ERRORS.UNKNOWN_TOPIC_OR_PARTITION,
  KAFKA_ERRORS.LEADER_NOT_AVAILABLE,
  KAFKA_ERRORS.NOT_LEADER_OR_FOLLOWER,
  KAFKA_ERRORS.REQUEST_TIMED_OUT,
  KAFKA_ERRORS.NETWORK_EXCEPTION,
  KAFKA_ERRORS.NOT_ENOUGH_REPLICAS,
  KAFKA_ERRORS.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  KAFKA_ERRORS.KAFKA_STORAGE_ERROR,
]);

/** What a code of an answer means; a LogRefusal where it does not pass by itself. */
export function errorOf(code: number, what: string, message?: string | null): Error {
  const text = `${what}: ${message ?? nameOfKafkaError(code)}`;
  return PASSING.has(code) ? new Error(text) : new LogRefusal(text);
}
