import { KAFKA_ERRORS, type KafkaError } from '@tally/kafka-wire';
import type { Handler } from '../server/request-router.js';
import type { GroupCoordinator } from './group-coordinator.js';

/** Forgets where a group stands in some partitions, but for topics that a member reads now (KIP-496). */
export function offsetDeleteHandler(coordinator: GroupCoordinator): Handler<'offsetDelete'> {
  return async ({ groupId, topics }) => {
    const group = coordinator.find(groupId);
    if (group === undefined && !coordinator.offsets.has(groupId)) {
      return { errorCode: KAFKA_ERRORS.GROUP_ID_NOT_FOUND, topics: [] };
    }
    const subscribed = group?.subscriptions() ?? new Set();
    if (subscribed === 'unknown') return { errorCode: KAFKA_ERRORS.NON_EMPTY_GROUP, topics: [] };
    const changes = topics
      .filter(({ name }) => !subscribed.has(name))
      .flatMap(({ name, partitions }) =>
        partitions.map((partition) => ({ topic: name, partition, committed: undefined })),
      );
    const outcome = await coordinator.offsets.commit(groupId, changes);
    return {
      errorCode: KAFKA_ERRORS.NONE,
      topics: topics.map(({ name, partitions }) => {
        const error: KafkaError = subscribed.has(name) ? 'GROUP_SUBSCRIBED_TO_TOPIC' : outcome;
        return {
          name,
          partitions: partitions.map((partition) => ({
            partition,
            errorCode: KAFKA_ERRORS[error],
          })),
        };
      }),
    };
  };
}
