import { setTimeout as delay } from 'node:timers/promises';
import { SECOND_MS } from '@tally/contracts';
import type { Candidate } from './candidate.js';
import type { IdleUsage } from './idle-figures.js';
import { cpuOf, memoryHeldBy } from './process-usage.js';
import { monotonicMicroseconds, type Interval } from './profile.js';

/** What is done once after a start is done by then, and the garbage of it collected. */
const SETTLE_MS = 20 * SECOND_MS;

/**
 * What each process of a stack uses in so many seconds in which nobody asks for anything; before and
 * after them it must answer with an age that advances.
 */
export async function measureIdle(
  candidate: Candidate,
  seconds: number,
): Promise<{ readonly usage: IdleUsage[]; readonly interval: Interval }> {
  await candidate.counted();
  await delay(SETTLE_MS);
  const names = [...candidate.processes];
  const before = names.map(([, pid]) => cpuOf(pid));
  const from = monotonicMicroseconds();
  await delay(seconds * SECOND_MS);
  const interval = { from, to: monotonicMicroseconds() };
  const usage = names.map(([name, pid], index) => ({
    name,
    cpu: cpuOf(pid) - (before[index] ?? 0),
    ...memoryHeldBy(pid),
  }));
  await candidate.counted();
  return { usage, interval };
}
