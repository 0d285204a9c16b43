import { describe, expect, it } from '@jest/globals';
import { campaign } from './campaign.js';
import { killMidFlush } from './faults/kill-mid-flush.js';
import { loseAnswers } from './faults/lose-answers.js';

/** A quick selection; tools/chaos has all faults and any number of seeds. */
const SEEDS = [1, 2, 3];

describe('no count changes', () => {
  it.each([killMidFlush, loseAnswers])(
    'under $name',
    async (fault) => {
      const results = await campaign(fault, { seeds: SEEDS });
      const failures = results.filter(({ kind }) => kind === 'failed');
      expect(failures).toEqual([]);
      expect(results.map(({ seed }) => seed)).toEqual(SEEDS);
    },
    180_000,
  );
});
