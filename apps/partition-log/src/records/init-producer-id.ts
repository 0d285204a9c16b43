import { KAFKA_ERRORS, type KafkaError } from '@tally/kafka-wire';
import type { SegmentLog } from '@tally/segment-log';
import type { Handler } from '../server/request-router.js';

/** Gives an idempotent producer an id that nobody ever had; its epoch is always the first. */
export function initProducerIdHandler(log: SegmentLog): Handler<'initProducerId'> {
  return async ({ transactionalId }) => {
    // There are no transactions, and a client must not wait for them: this one ends every producer at once.
    if (transactionalId !== null) return refused('TRANSACTIONAL_ID_AUTHORIZATION_FAILED');
    const producerId = await log.newProducerId();
    if (producerId === undefined) return refused('KAFKA_STORAGE_ERROR');
    return { errorCode: KAFKA_ERRORS.NONE, producerId, producerEpoch: 0 };
  };
}

function refused(error: KafkaError) {
  return { errorCode: KAFKA_ERRORS[error], producerId: -1n, producerEpoch: -1 };
}
