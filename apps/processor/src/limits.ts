import { totalmem } from 'node:os';
import { DELTA_ROW_BYTES, MAX_MESSAGE_BYTES, MINUTE_MS, SECOND_MS } from '@tally/contracts';
import { MAX_DELTA_BYTES, MAX_RETRY_MS } from '@tally/counting';
import type { ProcessorConfig } from './config.js';

/** How long what goes into a dead letter waits for more: each of them is an append, and a delivery. */
export const LETTER_INTERVAL_MS = 2 * SECOND_MS;

/**
 * Least time between two rebuilds for one shard that comes and goes, and the most that it grows to: a
 * rebuild reads the dedup window back, for all shards.
 */
export const REJOIN = { firstRejoinMs: SECOND_MS, maxRejoinMs: 5 * MINUTE_MS };

/** Of the memory: the rest is for the heap, and for what is being read and flushed. */
const WINDOW_SHARE = 1 / 2;

/** Most bytes of all dedup windows of the process. */
export function maxWindowBytes({ maxWindowBytes: set }: ProcessorConfig): number {
  if (set > 0) return set;
  // Where there is no limit it says a number beyond all memory.
  const memory = Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem());
  return Math.floor(memory * WINDOW_SHARE);
}

/**
 * What is wrong with settings that are each good by themselves, in sentences. The dedup window needs no
 * bound here: a flush that is sent again is recognised by its offsets, however late it comes.
 */
export function limitProblems(config: ProcessorConfig): string[] {
  const { flushBytes, flushRows, fetchBytes, fetchMinBytes, fetchWaitMs, logTimeoutMs } = config;
  const { shardDeadlineMs, shardPatienceMs, groupSessionMs, flushIntervalMs } = config;
  const { verifyIntervalMs, snapshotDir, snapshotBucket } = config;
  const triesMs = 2 * shardDeadlineMs + MAX_RETRY_MS;
  const rules: readonly (readonly [boolean, string])[] = [
    [
      flushBytes <= MAX_DELTA_BYTES,
      `TALLY_FLUSH_BYTES: expected at most ${MAX_DELTA_BYTES}, got ${flushBytes}: with one record more and its envelope a flush must fit into a message of ${MAX_MESSAGE_BYTES} bytes`,
    ],
    [
      flushRows * DELTA_ROW_BYTES <= flushBytes,
      `TALLY_FLUSH_ROWS: expected at most ${Math.floor(flushBytes / DELTA_ROW_BYTES)}, got ${flushRows}: more rows of ${DELTA_ROW_BYTES} bytes never come together in TALLY_FLUSH_BYTES`,
    ],
    [
      fetchMinBytes <= fetchBytes,
      `TALLY_FETCH_MIN_BYTES: expected at most TALLY_FETCH_BYTES (${fetchBytes}), got ${fetchMinBytes}: a fetch of one partition would wait for what it cannot bring`,
    ],
    [
      fetchWaitMs < logTimeoutMs,
      `TALLY_FETCH_WAIT_MS: expected less than TALLY_LOG_TIMEOUT_MS (${logTimeoutMs}), got ${fetchWaitMs}: a fetch that finds nothing would count as unanswered`,
    ],
    [
      2 * fetchWaitMs < groupSessionMs,
      `TALLY_FETCH_WAIT_MS: expected less than half of TALLY_GROUP_SESSION_MS (${groupSessionMs}), got ${fetchWaitMs}: whoever waits would count as silent`,
    ],
    [
      shardPatienceMs >= triesMs,
      `TALLY_SHARD_PATIENCE_MS: expected at least ${triesMs}, got ${shardPatienceMs}: a flush is tried twice, ${shardDeadlineMs} ms each (TALLY_SHARD_DEADLINE_MS), before the others go on without the shard`,
    ],
    [
      snapshotDir === '' || snapshotBucket === '',
      `TALLY_SNAPSHOT_DIR, TALLY_SNAPSHOT_S3_BUCKET: expected one of them, got ${snapshotDir} and ${snapshotBucket}`,
    ],
    [
      flushIntervalMs <= verifyIntervalMs,
      `TALLY_VERIFY_INTERVAL_MS: expected at least TALLY_FLUSH_INTERVAL_MS (${flushIntervalMs}), got ${verifyIntervalMs}: shards are compared when they are flushed`,
    ],
  ];
  return rules.flatMap(([isKept, problem]) => (isKept ? [] : [problem]));
}
