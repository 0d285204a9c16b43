import { valueText } from '@tally/placement';
import { DDSketch, HashedText, HyperLogLog } from '@tally/sketches';
import { UNIQUE } from '../traffic/traffic.js';
import type { LoggedEvent } from './recount.js';

/** What is answered from sketches, of one subject or of one minute of it. */
export interface Estimates {
  /** How many different customers. */
  readonly unique: number | null;
  /** The median of the values. */
  readonly median: number | null;
}

export const NO_ESTIMATES: Estimates = { unique: 0, median: null };

const CENT_MICRO = 10_000;
const MICRO = 1_000_000;
const hashed = new HashedText();

/**
 * What sketches of exactly these events say: to the last digit, as they do not depend on the order of
 * events, nor on how flushes cut them.
 */
export function estimatesOf(events: readonly LoggedEvent[]): Estimates {
  const customers = new HyperLogLog();
  const values = new DDSketch();
  for (const { attributes, cents } of events) {
    const customer = attributes[UNIQUE];
    if (customer === undefined) customers.pass();
    else customers.add(hashed.take(valueText(customer)));
    values.add(cents * CENT_MICRO);
  }
  const all = events.map(({ cents }) => cents * CENT_MICRO);
  const median = values.quantile(500);
  return {
    unique: customers.estimate(),
    median:
      median === undefined
        ? null
        : Math.min(Math.max(median, Math.min(...all)), Math.max(...all)) / MICRO,
  };
}

/** Where answers say something else than sketches of these events do, in sentences. */
export function* estimateDifferences(
  what: string,
  events: readonly LoggedEvent[],
  keyOf: (event: LoggedEvent) => string,
  answered: ReadonlyMap<string, Estimates>,
): Generator<string> {
  const byKey = new Map<string, LoggedEvent[]>();
  for (const event of events) {
    const key = keyOf(event);
    const ours = byKey.get(key);
    if (ours === undefined) byKey.set(key, [event]);
    else ours.push(event);
  }
  for (const key of new Set([...byKey.keys(), ...answered.keys()])) {
    const ours = byKey.get(key);
    const expected = ours === undefined ? NO_ESTIMATES : estimatesOf(ours);
    const answer = answered.get(key);
    if (answer?.unique !== expected.unique || answer.median !== expected.median)
      yield `${key} ${what}: sketches of the log say ${textOf(expected)}, the answer ${textOf(answer)}`;
  }
}

function textOf(estimates: Estimates | undefined): string {
  if (estimates === undefined) return 'nothing';
  return `${estimates.unique} different customers and a median of ${estimates.median}`;
}
