import { readBatchHeader, stampBatch, type BatchHeader } from '@tally/kafka-wire';
import type { ProducerRound } from '../producers/producer-states.js';
import { LEADER_EPOCH, outcomeOf, type BatchOutcome, type NewBatch } from './appended-batches.js';

/** Batches that have got their offsets and times, in order. */
export interface StampedRound {
  /** One for each batch that was given, also for those that are not written. */
  readonly outcomes: readonly BatchOutcome[];
  /** To be written one behind the other. */
  readonly accepted: Buffer[];
  /** Of the accepted ones. */
  readonly headers: readonly BatchHeader[];
  /** Of the accepted ones together. */
  readonly bytes: number;
}

/**
 * Stamps batches in place with offsets from `firstOffset` on and with the time of the append. Those
 * that their producers should not have sent are left out.
 */
export function stampRound(
  batches: readonly NewBatch[],
  firstOffset: bigint,
  appendTimeMs: number,
  producers: ProducerRound,
  nowMs: number,
): StampedRound {
  const outcomes: BatchOutcome[] = [];
  const headers: BatchHeader[] = [];
  const accepted: Buffer[] = [];
  let baseOffset = firstOffset;
  for (const { bytes, stampTime } of batches) {
    const header = readBatchHeader(bytes);
    if (header?.size !== bytes.length) throw new Error('expected one whole record batch');
    const verdict = producers.check(header);
    if (verdict.kind !== 'next') {
      outcomes.push(outcomeOf(verdict));
      continue;
    }
    const placed = { baseOffset, appendTimeMs: stampTime ? appendTimeMs : undefined };
    stampBatch(bytes, {
      baseOffset,
      leaderEpoch: LEADER_EPOCH,
      ...(stampTime ? { logAppendTimeMs: appendTimeMs } : {}),
    });
    producers.add(header, placed, nowMs);
    outcomes.push({ kind: 'appended', ...placed });
    accepted.push(bytes);
    headers.push(stampTime ? (readBatchHeader(bytes) ?? header) : { ...header, baseOffset });
    baseOffset += BigInt(header.count);
  }
  const bytes = accepted.reduce((sum, { length }) => sum + length, 0);
  return { outcomes, accepted, headers, bytes };
}
