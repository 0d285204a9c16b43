import { setTimeout as delay } from 'node:timers/promises';
import { MINUTE_MS } from '@tally/contracts';
import { eventually } from '@tally/testing';
import type { Candidate } from './candidate.js';
import { makeStream, type EventStream } from './event-stream.js';
import { percentile, type Run } from './figures.js';
import { cpuOf, peakMemoryOf } from './process-usage.js';
import { monotonicMicroseconds } from './profile.js';
import { sendAll } from './http-driver.js';

const AGE_EVERY_MS = 500;
const LOOK_EVERY_MS = 100;
const COUNTED_WITHIN_MS = 5 * MINUTE_MS;
/** As many as one question may have. */
const SUBJECTS_ASKED = 500;
/** So few tell whether all parts have come to the end. */
const POPULAR = 50;
const WARM_UP_SHARE = 0.2;

/** What is sent in one run. */
export interface Load {
  readonly events: number;
  readonly batch: number;
  readonly connections: number;
  readonly seed: number;
  readonly isSpread: boolean;
}

/**
 * Sends a stream and measures until all of it is in the answers, after a smaller one that warms up
 * all parts. Throws when a count is wrong, or when nothing waited for the disk.
 */
export async function measure(candidate: Candidate, load: Load): Promise<Run> {
  const { connections } = load;
  const nowMs = Date.now();
  const run = nowMs.toString(36);
  const warm = makeStream({
    ...load,
    nowMs,
    run: `${run}w`,
    events: Math.ceil(load.events * WARM_UP_SHARE),
  });
  const stream = makeStream({ ...load, nowMs, run });
  const counts = merge(warm.counts, stream.counts);
  await sendAll(candidate.urls, warm, connections);
  await candidate.counted();

  const names = [...candidate.processes];
  const cpuBefore = names.map(([, pid]) => cpuOf(pid));
  const syncsBefore = (await candidate.syncs?.()) ?? 0;
  const ages = watchAge(candidate);
  const from = monotonicMicroseconds();
  const started = performance.now();
  const { ms, latencies, refused } = await sendAll(candidate.urls, stream, connections);
  await popularCounted(candidate, counts);
  const countedMs = performance.now() - started;
  const interval = { from, to: monotonicMicroseconds() };
  const usage = names.map(([name, pid], index) => ({
    name,
    cpu: (cpuOf(pid) - (cpuBefore[index] ?? 0)) / load.events,
    peakBytes: peakMemoryOf(pid),
  }));
  const result: Run = {
    candidate: candidate.name,
    events: load.events,
    refused,
    usage,
    acknowledgedPerSecond: (load.events / ms) * 1000,
    countedPerSecond: (load.events / countedMs) * 1000,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    ages: await ages.stop(),
    interval,
  };
  if (candidate.syncs !== undefined && (await candidate.syncs()) <= syncsBefore)
    throw new Error('the log did not wait for the disk once');
  await candidate.counted();
  await assertCounts(candidate, counts);
  return result;
}

type Counts = EventStream['counts'];

function merge(one: Counts, other: Counts): Counts {
  return new Map(
    [...one].map(([type, subjects]) => {
      const sums = new Map(subjects);
      for (const [subject, count] of other.get(type) ?? [])
        sums.set(subject, (sums.get(subject) ?? 0) + count);
      return [type, sums];
    }),
  );
}

/** Resolves when the most frequent subjects, which have events in every part, are counted to the last. */
async function popularCounted(candidate: Candidate, counts: Counts): Promise<void> {
  for (const [type, subjects] of counts) {
    const popular = [...subjects].sort(([, a], [, b]) => b - a).slice(0, POPULAR);
    const names = popular.map(([subject]) => subject);
    await eventually(
      `the ${names.length} most frequent subjects of ${type} are counted`,
      async () => {
        const found = await candidate.countsOf(type, names);
        return popular.every(([subject, count]) => (found.get(subject) ?? 0) >= count);
      },
      { timeoutMs: COUNTED_WITHIN_MS, intervalMs: LOOK_EVERY_MS },
    );
  }
}

async function assertCounts(candidate: Candidate, counts: Counts): Promise<void> {
  const wrong: string[] = [];
  for (const [type, subjects] of counts) {
    const names = [...subjects.keys()];
    for (let first = 0; first < names.length; first += SUBJECTS_ASKED) {
      const asked = names.slice(first, first + SUBJECTS_ASKED);
      const found = await candidate.countsOf(type, asked);
      for (const subject of asked)
        if (found.get(subject) !== subjects.get(subject))
          wrong.push(
            `${type} of ${subject}: ${found.get(subject)} instead of ${subjects.get(subject)}`,
          );
    }
  }
  if (wrong.length > 0)
    throw new Error(`${wrong.length} counts are wrong: ${wrong.slice(0, 5).join('; ')}`);
}

/** How old answers are while events come in. */
function watchAge({ age }: Candidate) {
  const stopping = new AbortController();
  const { signal } = stopping;
  const ages: number[] = [];
  const watching = (async () => {
    while (age !== undefined && !signal.aborted) {
      ages.push(await age());
      await delay(AGE_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await watching;
      return ages;
    },
  };
}
