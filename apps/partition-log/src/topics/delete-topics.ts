import { KAFKA_ERRORS, type KafkaError } from '@tally/kafka-wire';
import type { SegmentLog } from '@tally/segment-log';
import type { Handler } from '../server/request-router.js';
import { isInternal } from './internal-topics.js';

/** `onDeleted` forgets what groups have committed for the topic, before another takes its name. */
export function deleteTopicsHandler(
  log: SegmentLog,
  onDeleted: (topic: string) => Promise<void>,
): Handler<'deleteTopics'> {
  return async ({ topics }) => {
    const results = [];
    for (const name of topics) {
      const error = await remove(log, name, () => onDeleted(name));
      results.push({ name, errorCode: KAFKA_ERRORS[error] });
    }
    return { topics: results };
  };
}

async function remove(
  log: SegmentLog,
  name: string,
  onDeleted: () => Promise<void>,
): Promise<KafkaError> {
  if (isInternal(name)) return 'INVALID_TOPIC_EXCEPTION';
  return (await log.deleteTopic(name, onDeleted)) ? 'NONE' : 'UNKNOWN_TOPIC_OR_PARTITION';
}
