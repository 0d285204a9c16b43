import { SECOND_MS } from '@tally/contracts';
import {
  KAFKA_ERRORS,
  type ByTopic,
  type FetchedPartition,
  type FetchPartition,
  type FetchRequest,
  type KafkaError,
} from '@tally/kafka-wire';
import type { Partition, SegmentLog } from '@tally/segment-log';
import type { Handler } from '../server/request-router.js';
import { checkLeaderEpoch, findPartition } from './find-partition.js';
import { watchAny } from './watch-any.js';

/** Longer waits are cut: what waits holds a connection, and a client asks again. */
const MAX_WAIT_MS = 30 * SECOND_MS;
/** How long answers with records may leave out that others cannot be read. */
const LEFT_OUT_MS = 5 * SECOND_MS;

/** Told of what an answer holds of each topic. */
export type CountFetch = (topic: string, bytes: number) => void;

/**
 * Reads from many partitions, once there is as much as the client wants, the wait is over or nobody
 * is waiting any more. `maxBytes` bounds what one answer holds, whatever the client asks for.
 */
export function fetchHandler(
  log: SegmentLog,
  maxBytes: number,
  count: CountFetch,
): Handler<'fetch'> {
  const damage = new DamageTold();
  return async (request, { signal, reserveAnswer }) => {
    // Sessions are not made, so there is none to go on with.
    if (request.sessionId !== 0) {
      return { errorCode: KAFKA_ERRORS.FETCH_SESSION_ID_NOT_FOUND, topics: [] };
    }
    const limit = Math.max(0, Math.min(request.maxBytes, maxBytes));
    const waitMs = Math.max(0, Math.min(request.maxWaitMs, MAX_WAIT_MS));
    const deadline = performance.now() + waitMs;
    const wanted = Math.min(request.minBytes, limit);
    let ready = bytesReady(log, request);
    for (let leftMs = waitMs; ready < wanted && leftMs > 0 && !signal.aborted;) {
      const change = watchAny(waitingFor(log, request), leftMs, signal);
      await change.happened;
      change.stop();
      ready = bytesReady(log, request);
      leftMs = deadline - performance.now();
    }
    if (ready > 0) await reserveAnswer(limit);
    const gathered = await gather(log, request, limit);
    const topics = damage.mayLeaveOut(gathered, signal) ? gathered.map(withoutDamage) : gathered;
    countBytes(topics, count);
    return { errorCode: KAFKA_ERRORS.NONE, topics };
  };
}

function countBytes(topics: readonly ByTopic<FetchedPartition>[], count: CountFetch): void {
  for (const { name, partitions } of topics) {
    const bytes = partitions.reduce((sum, partition) => sum + bytesOf(partition), 0);
    if (bytes > 0) count(name, bytes);
  }
}

function bytesOf({ records }: FetchedPartition): number {
  return records.reduce((sum, { length }) => sum + length, 0);
}

function* waitingFor(log: SegmentLog, { topics }: FetchRequest): Generator<Partition> {
  for (const { name, partitions } of topics) {
    for (const { partition } of partitions) {
      const found = findPartition(log, name, partition);
      if (found !== undefined) yield found;
    }
  }
}

/** About how many bytes an answer would have now; infinitely many where it would have an error. */
function bytesReady(log: SegmentLog, { topics }: FetchRequest): number {
  let bytes = 0;
  for (const { name, partitions } of topics) {
    for (const { partition, fetchOffset, currentLeaderEpoch, maxBytes } of partitions) {
      const found = findPartition(log, name, partition);
      if (found === undefined || checkLeaderEpoch(currentLeaderEpoch) !== undefined)
        return Infinity;
      if (fetchOffset < found.logStart || fetchOffset > found.highWatermark) return Infinity;
      bytes += Math.min(found.bytesFrom(fetchOffset), Math.max(1, maxBytes));
    }
  }
  return bytes;
}

async function gather(
  log: SegmentLog,
  request: FetchRequest,
  limit: number,
): Promise<ByTopic<FetchedPartition>[]> {
  let bytes = 0;
  const fetched = new Map<FetchPartition, FetchedPartition>();
  for (const { name, wanted } of fromAnywhere(request)) {
    const result = await read(log, name, wanted, limit - bytes, bytes === 0);
    bytes += bytesOf(result);
    fetched.set(wanted, result);
  }
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.flatMap((wanted) => fetched.get(wanted) ?? []),
  }));
  return topics;
}

/** An answer may be full before its end: it begins elsewhere each time, so that none is always last. */
function* fromAnywhere({
  topics,
}: FetchRequest): Generator<{ name: string; wanted: FetchPartition }> {
  const all = topics.flatMap(({ name, partitions }) =>
    partitions.map((wanted) => ({ name, wanted })),
  );
  const first = Math.floor(Math.random() * all.length);
  yield* all.slice(first);
  yield* all.slice(0, first);
}

function isDamaged({ errorCode }: FetchedPartition): boolean {
  return errorCode === KAFKA_ERRORS.CORRUPT_MESSAGE;
}

/**
 * Most answers with records do not tell of damage, those without do: kafkajs drops an answer as a whole
 * for one error in it, and one damaged partition would stop all that a consumer reads. Where there are
 * always records, now and then one tells of it: somebody has to know.
 */
class DamageTold {
  /** By connection. */
  private readonly lastMs = new WeakMap<AbortSignal, number>();

  mayLeaveOut(topics: readonly ByTopic<FetchedPartition>[], connection: AbortSignal): boolean {
    if (!topics.some(({ partitions }) => partitions.some(isDamaged))) return false;
    const hasRecords = topics.some(({ partitions }) => partitions.some((one) => bytesOf(one) > 0));
    const nowMs = performance.now();
    const isDue = nowMs - (this.lastMs.get(connection) ?? nowMs) >= LEFT_OUT_MS;
    const mayLeaveOut = !isDue && hasRecords;
    if (!mayLeaveOut || !this.lastMs.has(connection)) this.lastMs.set(connection, nowMs);
    return mayLeaveOut;
  }
}

function withoutDamage({ name, partitions }: ByTopic<FetchedPartition>): ByTopic<FetchedPartition> {
  return {
    name,
    partitions: partitions.map((one) =>
      isDamaged(one) ? { ...one, errorCode: KAFKA_ERRORS.NONE } : one,
    ),
  };
}

/** `isFirst`: nothing was read yet, so that one batch is returned even if it is larger than asked. */
async function read(
  log: SegmentLog,
  topic: string,
  wanted: FetchPartition,
  roomBytes: number,
  isFirst: boolean,
): Promise<FetchedPartition> {
  const partition = findPartition(log, topic, wanted.partition);
  if (partition === undefined) return refused(wanted, 'UNKNOWN_TOPIC_OR_PARTITION');
  const fenced = checkLeaderEpoch(wanted.currentLeaderEpoch);
  if (fenced !== undefined) return refused(wanted, fenced, partition);
  const maxBytes = Math.max(0, Math.min(wanted.maxBytes, roomBytes));
  if (!isFirst && roomBytes <= 0 && wanted.fetchOffset <= partition.highWatermark) {
    return answered(wanted, partition, []);
  }
  const outcome = await partition.read(wanted.fetchOffset, maxBytes);
  switch (outcome.kind) {
    case 'closed':
      return refused(wanted, 'NOT_LEADER_OR_FOLLOWER');
    case 'out_of_range':
      return refused(wanted, 'OFFSET_OUT_OF_RANGE', partition);
    case 'damaged':
      // Clients report this one, and do not move on; they do from OFFSET_OUT_OF_RANGE. It was logged
      // when it was found: those who ask, ask again and again.
      return refused(wanted, 'CORRUPT_MESSAGE', partition);
    case 'batches': {
      const fits = isFirst || outcome.bytes.length <= roomBytes;
      return answered(wanted, partition, fits ? [outcome.bytes] : []);
    }
  }
}

function answered(
  { partition }: FetchPartition,
  { highWatermark, logStart }: Partition,
  records: readonly Buffer[],
): FetchedPartition {
  return {
    partition,
    errorCode: KAFKA_ERRORS.NONE,
    highWatermark,
    // There are no transactions: what is durable is stable.
    lastStableOffset: highWatermark,
    logStartOffset: logStart,
    records,
  };
}

function refused(
  { partition }: FetchPartition,
  error: KafkaError,
  found?: Partition,
): FetchedPartition {
  return {
    partition,
    errorCode: KAFKA_ERRORS[error],
    highWatermark: found?.highWatermark ?? -1n,
    lastStableOffset: found?.highWatermark ?? -1n,
    logStartOffset: found?.logStart ?? -1n,
    records: [],
  };
}
