import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { campaign } from './campaign.js';
import { CONTROLS } from './controls.js';
import { killMidFlush } from './faults/kill-mid-flush.js';
import { loseAnswers } from './faults/lose-answers.js';
import { FailureStack } from './rig/failure-stack.js';
import { Trial } from './trial.js';

/** A quick selection; tools/chaos has all faults, all controls and any number of seeds. */
const QUICK = [killMidFlush, loseAnswers];
const SEEDS = [1, 2];

describe('what clients were told, what the log has and what is answered agree', () => {
  let on: FailureStack;
  beforeAll(async () => {
    on = await FailureStack.start();
  }, 120_000);
  afterAll(() => on.stop(), 150_000);

  it.each(SEEDS.flatMap((seed) => QUICK.map((fault) => ({ name: fault.name, fault, seed }))))(
    'after $name, seed $seed',
    async ({ fault, seed }) => {
      // A subject belongs to one trial.
      const trial = new Trial(on, QUICK.indexOf(fault) * 1000 + seed);
      const { evidence, events } = await trial.run(fault);
      expect(evidence).not.toBe('');
      expect(events).toBeGreaterThan(0);
    },
    300_000,
  );
});

const WITHOUT = CONTROLS.flatMap((control) =>
  control.faults
    .filter((fault) => QUICK.includes(fault))
    .map((fault) => ({ control, fault, protection: control.name, name: fault.name })),
);

describe('they do not', () => {
  it.each(WITHOUT)(
    'after $name when a protection is away: $protection',
    async ({ control, fault }) => {
      const [result] = await campaign(fault, { seeds: [1], control });
      expect(result).toMatchObject({
        kind: 'failed',
        problem: expect.stringMatching(control.failure),
      });
    },
    300_000,
  );
});
