import { describe, expect, it } from '@jest/globals';
import {
  encodeCounterRows,
  MINUTE_MS,
  readStatsAnswer,
  type clusterProxy,
  type query,
} from '@tally/contracts';
import type { ServiceClient } from '@tally/discovery';
import { seriesId } from '@tally/placement';
import { LongestHolds, TURN_MS, Turns } from '@tally/resilience';
import { LastAnswers } from './last-answers.js';
import { StatsReader } from './stats-reader.js';

/** A cluster-proxy that knows of so many minutes. */
function shardsWith(minutes: number): Pick<ServiceClient, 'call'> {
  const values = { index: 0, count: 1n, valued: 0n, sum: 0n, min: 0n, max: 0n };
  const rows = encodeCounterRows(
    Array.from({ length: minutes }, (_, minute) => ({ ...values, startMinute: BigInt(minute) })),
  );
  const answer: clusterProxy.ReadCountersResponse = {
    shards: [{ shard: 0, seriesIds: seriesId('default', 'view', 'a'), rows: { rows } }],
  };
  return { call: async <Answer>() => answer as Answer };
}

/** The windows of the answer, and how often others had their turn while it was made. */
async function ask(minutes: number): Promise<{ windows: number; pauses: number }> {
  let [ms, pauses] = [0, 0];
  const turns = new Turns({
    // Each step takes a ms.
    now: () => ms++,
    nextRound: (callback) =>
      setImmediate(() => {
        if (turns.waiting > 0) pauses += 1;
        callback();
      }),
  });
  const reader = new StatsReader({
    clusterProxy: shardsWith(minutes),
    timeoutMs: 1000,
    lastAnswers: new LastAnswers({ maxBytes: 0, maxEntries: 0 }),
    turns,
    holds: new LongestHolds(),
    topic: () => undefined,
  });
  const question: query.GetStatsRequest = {
    project: 'default',
    type: 'view',
    subjects: ['a'],
    fromMs: '0',
    toMs: String(minutes * MINUTE_MS),
    granularity: 'GRANULARITY_MINUTE',
    maxWindows: 0,
  };
  const { signal } = new AbortController();
  const { subjects } = readStatsAnswer(await reader.getStats(question, { mostMs: 1000, signal }));
  return { windows: subjects[0]?.windows.length ?? 0, pauses };
}

describe('an answer of statistics', () => {
  it('is made at once when it is short', async () => {
    expect(await ask(100)).toEqual({ windows: 100, pauses: 0 });
  });

  it('lets others have their turn again and again when it is long', async () => {
    const { windows, pauses } = await ask(100_000);
    expect(windows).toBe(100_000);
    // It is gone through twice, some hundred windows at a time.
    expect(pauses).toBeGreaterThan(600 / TURN_MS);
  });
});
