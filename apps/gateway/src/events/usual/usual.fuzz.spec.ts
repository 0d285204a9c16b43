import { describe, expect, it, jest } from '@jest/globals';
import { HOUR_MS, MAX_ID_BYTES } from '@tally/contracts';
import { someBatch, type SomeBatch } from '../../../test/fuzz/some-batches.js';
import { MAX_AGE_MS, NOW_MS, numbersFrom, type Below } from '../../../test/fuzz/some-events.js';
import { BATCH_SIZES, type BatchSizes } from '../batch-step.js';
import { CheckedBatch } from '../checked-batch.js';
import { readBatch } from '../read-batch.js';
import { UsualAttributes } from './usual-attributes.js';
import { MAX_USUAL_BYTES, UsualEvent } from './usual-event.js';
import { UsualParts } from './usual-taker.js';

/** tools/events-fuzz sets both: longer runs, and one again that found something. */
const EVENTS = Number(process.env['TALLY_FUZZ_EVENTS'] ?? 10_000);
const SEED = Number(process.env['TALLY_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
jest.setTimeout(60_000 + EVENTS);

/** All that a request comes to, but its answer. */
interface Outcome {
  readonly refused: unknown;
  readonly entries: string;
  readonly results: unknown;
  readonly assignedIds: number;
  readonly rejectedBy: unknown;
}

/** Within so many a rule that is another has to be noticed. */
const CONTROL_EVENTS = 200_000;

class TwiceAttributes extends UsualAttributes {
  override has(): boolean {
    return false;
  }
}

class LateEvent extends UsualEvent {
  override read(...args: Parameters<UsualEvent['read']>): boolean {
    const isRead = super.read(...args);
    const isLate = this.timeMs > NOW_MS + HOUR_MS && this.timeMs <= NOW_MS + HOUR_MS + 60_000;
    if (isLate) this.timeMs = NOW_MS + HOUR_MS;
    return isRead;
  }
}

class ZeroEvent extends UsualEvent {
  override read(...args: Parameters<UsualEvent['read']>): boolean {
    const isRead = super.read(...args);
    if (this.scale === 1) [this.unscaled, this.scale] = [this.unscaled * 10, 2];
    return isRead;
  }
}

let taken = 0;

function outcomeOf(
  { bytes, format }: SomeBatch,
  usual?: UsualParts,
  sizes: BatchSizes = BATCH_SIZES,
): Outcome {
  let ids = 0;
  const batch = new CheckedBatch({
    project: 'default',
    nowMs: NOW_MS,
    arrivedMs: NOW_MS - 7,
    maxAgeMs: (type) => (type === 'aged' ? MAX_AGE_MS : null),
    bytes: bytes.length,
    listAll: false,
    newId: () => `assigned-${(ids += 1)}`,
    ...(usual === undefined ? {} : { usual }),
  });
  let refused: unknown;
  let handedOn = 0;
  for (const step of readBatch(bytes, format, sizes, batch.usual)) {
    if (step.kind === 'refused') refused = step;
    else if (step.kind !== 'read') batch.add(step);
    if (step.kind === 'events') handedOn += step.events.length;
    if (step.kind === 'oversized' || step.kind === 'malformed') handedOn += 1;
  }
  if (refused !== undefined)
    return { refused, entries: '', results: [], assignedIds: 0, rejectedBy: [] };
  if (usual !== undefined) taken += batch.accepted + batch.rejected - handedOn;
  return {
    refused,
    entries: batch.body.bytes.toString('hex'),
    results: batch.results,
    assignedIds: batch.assignedIds,
    rejectedBy: [...batch.rejectedBy],
  };
}

/** The first batch of which both ways do not make the same, of so many events; how many there were. */
function firstDifference(
  usual: UsualParts,
  below: Below,
  events: number,
): { readonly at: number; readonly batch: SomeBatch | undefined } {
  for (let at = 0; at < events;) {
    const batch = someBatch(below);
    const sizes =
      below(4) > 0
        ? BATCH_SIZES
        : { ...BATCH_SIZES, stepBytes: 1 + below(2000), groupBytes: 1 + below(500) };
    const expected = JSON.stringify(outcomeOf(batch));
    if (JSON.stringify(outcomeOf(batch, usual, sizes)) !== expected) return { at, batch };
    at += batch.events;
  }
  return { at: events, batch: undefined };
}

describe('events that are taken as they lie there', () => {
  it('are, and are refused, as if they were parsed and checked one by one', () => {
    taken = 0;
    const usual = new UsualParts('default');
    const { at, batch } = firstDifference(usual, numbersFrom(SEED), EVENTS);
    process.stdout.write(`seed ${SEED}: ${at} events the same, ${taken} taken as they lay there\n`);
    if (batch !== undefined) {
      process.stdout.write(`not so: ${batch.format} ${batch.bytes.toString('base64')}\n`);
      expect(outcomeOf(batch, usual)).toEqual(outcomeOf(batch));
    }
    expect(batch).toBeUndefined();
    expect(taken).toBeGreaterThan(EVENTS / 4);
  });

  it.each([
    ['an id may have a byte more', new UsualEvent(undefined, MAX_ID_BYTES + 1)],
    ['an attribute may be there twice', new UsualEvent(new TwiceAttributes(MAX_USUAL_BYTES))],
    ['a time may be a minute later', new LateEvent()],
    ['a decimal may be a number with a zero behind it', new ZeroEvent()],
  ])('control: it is noticed when %s', (_, event) => {
    const { batch } = firstDifference(
      new UsualParts('default', event),
      numbersFrom(SEED),
      CONTROL_EVENTS,
    );
    expect(batch).toBeDefined();
  });
});
