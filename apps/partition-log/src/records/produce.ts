import {
  AT,
  KAFKA_ERRORS,
  validateBatch,
  type KafkaError,
  type ProducedPartition,
} from '@tally/kafka-wire';
import type { AppendOutcome, DiskWatermarks, SegmentLog, TopicConfigs } from '@tally/segment-log';
import { NO_TRANSACTIONS } from '../cluster/no-transactions.js';
import type { Handler } from '../server/request-router.js';
import { isInternal } from '../topics/internal-topics.js';
import {
  isUncompressed,
  maxMessageBytes,
  maxTimeDifferenceMs,
  minInSyncReplicas,
  stampsAppendTime,
} from '../topics/settings/settings-in-force.js';

/** Told of every batch that became durable. */
export type CountAppend = (topic: string, bytes: number) => void;

/**
 * Appends one batch per partition, untouched but for offset and time. The answer to acks 1 and -1
 * comes when all are durable or refused: on one node they are the same.
 */
export function produceHandler(
  log: SegmentLog,
  space: DiskWatermarks,
  now: () => number,
  count: CountAppend,
): Handler<'produce'> {
  return async ({ acks, transactionalId, topics }) => {
    const refusal = refuse(acks, transactionalId) ?? refuseWithoutRoom(space);
    const answered = topics.map(async ({ name, partitions }) => ({
      name,
      partitions: await Promise.all(
        partitions.map(({ partition, records }) =>
          refusal === undefined
            ? append(log, name, partition, records, acks, now, count)
            : Promise.resolve(refused(partition, ...refusal)),
        ),
      ),
    }));
    const response = { topics: await Promise.all(answered) };
    return acks === 0 ? undefined : response;
  };
}

type Refusal = readonly [KafkaError, string];

/** Of each partition. */
const REPLICAS = 1;
/** What a record has that has no time. */
const NO_TIME = -1;

function refuse(acks: number, transactionalId: string | null): Refusal | undefined {
  if (acks < -1 || acks > 1) return ['INVALID_REQUIRED_ACKS', `acks cannot be ${acks}`];
  return transactionalId === null
    ? undefined
    : ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', NO_TRANSACTIONS];
}

/** The log itself goes on to write: what is left is there for that. */
function refuseWithoutRoom({ refusal }: DiskWatermarks): Refusal | undefined {
  return refusal === undefined ? undefined : ['KAFKA_STORAGE_ERROR', refusal];
}

async function append(
  log: SegmentLog,
  topicName: string,
  number: number,
  records: Buffer | null,
  acks: number,
  now: () => number,
  count: CountAppend,
): Promise<ProducedPartition> {
  const topic = log.topic(topicName);
  const partition = topic?.partitions[number];
  if (topic === undefined || partition === undefined) {
    return refused(number, 'UNKNOWN_TOPIC_OR_PARTITION');
  }
  if (isInternal(topicName)) return refused(number, 'INVALID_TOPIC_EXCEPTION');
  const stampTime = stampsAppendTime(topic.configs);
  const verdict = validateBatch(records, {
    maxBytes: maxMessageBytes(topic.configs),
    keepsTime: !stampTime,
    isUncompressed: isUncompressed(topic.configs),
  });
  if (verdict.kind === 'invalid') return refused(number, verdict.error, verdict.message);
  if (records === null) return refused(number, 'CORRUPT_MESSAGE');
  const refusal =
    refuseTooFewReplicas(topic.configs, acks) ?? refuseTimes(topic.configs, records, now);
  if (refusal !== undefined) return refused(number, ...refusal);
  const outcome = await log.append(partition, { bytes: records, stampTime });
  if (outcome.kind !== 'appended' && outcome.kind !== 'duplicate') {
    return refused(number, errorOf(outcome.kind), partition.endInDoubt ?? null);
  }
  if (outcome.kind === 'appended') count(topicName, records.length);
  return {
    partition: number,
    errorCode: KAFKA_ERRORS.NONE,
    baseOffset: outcome.baseOffset,
    logAppendTimeMs: BigInt(outcome.appendTimeMs ?? -1),
    logStartOffset: partition.logStart,
    errorMessage: null,
  };
}

/** Who waits for all replicas wants as many as the topic says. */
function refuseTooFewReplicas(configs: TopicConfigs, acks: number): Refusal | undefined {
  const wanted = minInSyncReplicas(configs);
  return acks === -1 && wanted > REPLICAS
    ? ['NOT_ENOUGH_REPLICAS', `min.insync.replicas is ${wanted}, and there is ${REPLICAS} replica`]
    : undefined;
}

/** The records themselves are not looked at: the first time of a batch and its latest one are in its header. */
function refuseTimes(
  configs: TopicConfigs,
  records: Buffer,
  now: () => number,
): Refusal | undefined {
  const most = stampsAppendTime(configs) ? undefined : maxTimeDifferenceMs(configs);
  if (most === undefined) return undefined;
  const nowMs = now();
  const isFar = (time: number) => time !== NO_TIME && Math.abs(nowMs - time) > most;
  const far = [AT.baseTimestamp, AT.maxTimestamp]
    .map((at) => Number(records.readBigInt64BE(at)))
    .find(isFar);
  if (far === undefined) return undefined;
  const message = `expected times at most ${most} ms from ${nowMs} (message.timestamp.difference.max.ms), got ${far}`;
  return ['INVALID_TIMESTAMP', message];
}

/** All may be tried again but for the last two, which tell a producer that it is not the one that it was. */
export function errorOf(
  kind: Exclude<AppendOutcome['kind'], 'appended' | 'duplicate'>,
): KafkaError {
  switch (kind) {
    // Kafka has no code for a clock that is wrong: this one makes clients try again.
    case 'clock_wrong':
    case 'storage_full':
    case 'failed':
    case 'damaged':
      return 'KAFKA_STORAGE_ERROR';
    case 'overloaded':
      return 'REQUEST_TIMED_OUT';
    case 'closed':
      return 'NOT_LEADER_OR_FOLLOWER';
    case 'out_of_order':
      return 'OUT_OF_ORDER_SEQUENCE_NUMBER';
    case 'fenced':
      return 'INVALID_PRODUCER_EPOCH';
  }
}

function refused(
  partition: number,
  error: KafkaError,
  errorMessage: string | null = null,
): ProducedPartition {
  return {
    partition,
    errorCode: KAFKA_ERRORS[error],
    baseOffset: -1n,
    logAppendTimeMs: -1n,
    logStartOffset: -1n,
    errorMessage,
  };
}
