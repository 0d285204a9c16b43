import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readStats, type StatsAnswer, type StatsQuestion } from '@tally/client';
import { DAY_MS, SECOND_MS } from '@tally/contracts';
import { until } from '../rig/until.js';
import { VIEWS } from '../traffic/traffic.js';
import type { Fault, Trial } from '../trial.js';

const AWAY_MS = [4 * SECOND_MS, 6 * SECOND_MS] as const;
const PAUSE_MS = 20;
/** Of 50 ms that are aimed at, what a loaded machine makes; a reader who waits for the shard takes three seconds. */
const LONGEST_READ_MS = 1500;
/** A second is aimed at; one who has to be asked for it would be back with his next question or never. */
const LONGEST_RETURN_MS = 5 * SECOND_MS;

export const shardAway: Fault = {
  name: 'shard-away',
  story:
    "A shard's Postgres is stopped, so that nobody hears of its end: one reader waits for it, the others have the last known answer at once, marked as old, and after its return fresh ones without anybody's doing.",
  async inflict(trial) {
    const { on, random } = trial;
    const ask = asker(trial);
    await until('an answer has everything', async () => isFresh(await ask()));
    const shard = random.between(0, on.shards.length - 1);
    const resume = stopped(on.stack.process(`postgres-${shard}`).pid ?? 0);
    const journal: number[] = [];
    try {
      const stoppedAt = Date.now();
      // This one finds out.
      await ask();
      const backAt = performance.now() + random.between(...AWAY_MS);
      while (performance.now() < backAt || journal.length === 0) {
        const began = performance.now();
        const answer = await ask();
        journal.push(performance.now() - began);
        assertLastKnown(answer, stoppedAt);
        await delay(PAUSE_MS);
      }
    } finally {
      resume();
    }
    const longest = Math.max(...journal);
    if (longest > LONGEST_READ_MS)
      throw new Error(`a reader waited ${longest.toFixed()} ms for a shard that is away`);
    const resumedAt = performance.now();
    await until('the shard answers readers again', async () => isFresh(await ask()));
    const returnMs = performance.now() - resumedAt;
    if (returnMs > LONGEST_RETURN_MS)
      throw new Error(`readers had the shard back after ${returnMs.toFixed()} ms`);
    const median = journal.sort((a, b) => a - b)[journal.length >> 1] ?? 0;
    return `postgres-${shard} stopped: ${journal.length} reads in ${median.toFixed()} ms (median) to ${longest.toFixed()} ms, back after ${returnMs.toFixed()} ms`;
  },
};

/** Asks the same question again and again: everything of the last day, hour by hour. */
function asker({ on, subjects }: Trial): () => Promise<StatsAnswer> {
  const question: StatsQuestion = {
    type: VIEWS.type,
    subjects,
    functions: ['count'],
    granularity: 'hour',
    from: new Date(Date.now() - DAY_MS).toISOString(),
    to: new Date(Date.now() + DAY_MS).toISOString(),
  };
  return () => readStats({ gateway: on.addresses.gateway, apiKey: '' }, question);
}

function isFresh({ series, meta }: StatsAnswer): boolean {
  return meta.asOf !== null && series.every(({ missing, stale }) => !missing && !stale);
}

function assertLastKnown({ series, meta }: StatsAnswer, stoppedAt: number): void {
  const missing = series.filter((one) => one.missing === true);
  if (missing.length > 0)
    throw new Error(`${missing.length} series were missing, although their last answer was known`);
  if (meta.asOf === null || Date.parse(meta.asOf) > stoppedAt || !series.some(({ stale }) => stale))
    throw new Error(`an answer as of ${meta.asOf} did not say that a shard is away`);
}

/** Stops a Postgres with its processes where they are; the returned function lets them go on. */
function stopped(pid: number): () => void {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  const pids = [pid, ...children.filter(Boolean).map(Number)];
  for (const one of pids) process.kill(one, 'SIGSTOP');
  return () => {
    for (const one of pids) process.kill(one, 'SIGCONT');
  };
}
