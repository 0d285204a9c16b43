import { decodeDeadEvents, decodeDeadLetter, FATES } from '@tally/contracts';
import type { RecordCounts } from '../../src/aggregate/partition-counter.js';
import type { RunAction } from '../../src/run/run-action.js';

export function letterText(action: Extract<RunAction, { kind: 'append-letter' }>): string {
  const { partition, shard, letter: bytes } = action;
  const letter = decodeDeadLetter(bytes);
  if (letter.kind !== 'letter') throw new Error(letter.reason);
  const offsets = letter.ranges.map(({ from, to }) =>
    to - from === 1n ? `${from}` : `${from}..${to - 1n}`,
  );
  const events = letter.records.reduce((sum, { counted }) => sum + counted, 0);
  const standing = letter.standing.map(
    (range) => `${range.from}..${range.to - 1n} for shard ${range.shard} up to ${range.lastLetter}`,
  );
  const before = standing.length > 0 ? ` | before it ${standing.join(', ')}` : '';
  return `writes a dead letter of partition ${partition} for shard ${shard}: ${offsets.join(', ')} with ${events} events${before}`;
}

export function deadEventsText({
  number,
  records,
  attempt,
  afterMs,
}: Extract<RunAction, { kind: 'append-dead-events' }>): string {
  if (attempt > 1) return `writes dead events ${number} again after ${afterMs} ms`;
  const texts = records.map(({ partition, value }) => {
    const dead = decodeDeadEvents(value);
    if (dead.kind !== 'dead events') throw new Error(dead.reason);
    const events = dead.events.map(({ index, cause }) => `${index} ${cause}`);
    return `${partition}: ${dead.offset} with ${events.join(', ')}`;
  });
  return `writes dead events ${number}: ${texts.join('; ')}`;
}

export function goneText({ before, records }: Extract<RunAction, { kind: 'shorten' }>): string {
  return records === 1n ? String(before - 1n) : `${before - records}..${before - 1n}`;
}

/** What became of a record. */
type Counted = Extract<RunAction, { kind: 'counted' }>;

export function isAllCounted({ counts }: Counted): boolean {
  return counts.counted === eventsOf(counts);
}

function eventsOf(counts: RecordCounts): number {
  return FATES.reduce((sum, fate) => sum + counts[fate], 0);
}

export function countedText({ partition, offset, counts }: Counted): string {
  const { counted, duplicates, conflicting, tooLate, dead, expired, reason } = counts;
  const others = [
    duplicates > 0 ? [`${duplicates} duplicate`] : [],
    conflicting > 0 ? [`${conflicting} conflicting`] : [],
    tooLate > 0 ? [`${tooLate} too late`] : [],
    dead > 0 ? [`${dead} dead: ${reason}`] : [],
    expired > 0 ? [`${expired} expired`] : [],
  ].flat();
  return `counts ${partition}: ${offset} with ${counted} of ${eventsOf(counts)} events, ${others.join(', ')}`;
}
