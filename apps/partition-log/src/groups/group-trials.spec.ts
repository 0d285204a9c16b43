import { expect, it } from '@jest/globals';
import { playGroupTrial, type TrialRules } from '../../test/support/group-trial.js';

const TRIALS = 300;

/** What went wrong in which trial. */
async function problems(rules?: TrialRules): Promise<string[]> {
  const found: string[] = [];
  for (let seed = 1; seed <= TRIALS; seed++) {
    const problem = await playGroupTrial(seed, rules);
    if (problem !== undefined) found.push(`seed ${seed}: ${problem}`);
  }
  return found;
}

it('in any order of joins, leaves, time-outs, syncs and commits a partition has one owner, no commit is lost and the group comes to rest', async () => {
  expect(await problems()).toEqual([]);
}, 60_000);

it('control: a group that takes commits of any generation loses some', async () => {
  const found = await problems({ mayCommit: () => 'NONE' });
  expect(found.some((problem) => problem.includes('replaced'))).toBe(true);
}, 60_000);
