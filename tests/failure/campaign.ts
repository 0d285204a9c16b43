import { MINUTE_MS, SECOND_MS } from '@tally/contracts';
import { bundlesWithout, type Control } from './controls.js';
import { FailureStack } from './rig/failure-stack.js';
import { Trial, type Fault, type TrialFigures } from './trial.js';

/** Some times what answers take to have everything when nothing is broken. */
const CONTROL_SETTLES_WITHIN_MS = 25 * SECOND_MS;

/** A trial that found something wrong. */
export interface Failure {
  readonly fault: string;
  readonly seed: number;
  readonly problem: string;
  /** What clients were told, logs and data. */
  readonly kept: string;
}

/** What one trial came to. */
export type Result =
  ({ readonly kind: 'sound' } & TrialFigures) | ({ readonly kind: 'failed' } & Failure);

export interface CampaignOptions {
  readonly seeds: readonly number[];
  /** Without one of its protections. */
  readonly control?: Control;
  readonly onResult?: (result: Result) => void;
}

/**
 * One fault with many seeds, one after the other on one stack; after a failure, and where the fault
 * spoils it, on a new one.
 */
export async function campaign(fault: Fault, options: CampaignOptions): Promise<Result[]> {
  const { seeds, control, onResult } = options;
  const bundles = control === undefined ? {} : bundlesWithout(control);
  const results: Result[] = [];
  let on: FailureStack | undefined;
  try {
    for (const seed of seeds) {
      on ??= await FailureStack.start({ ...fault, bundles });
      const settlesWithinMs = control === undefined ? MINUTE_MS : CONTROL_SETTLES_WITHIN_MS;
      const result = await attempt(fault, new Trial(on, seed, settlesWithinMs));
      results.push(result);
      onResult?.(result);
      if (result.kind === 'sound' && fault.spoilsStack !== true) continue;
      const used: FailureStack = on;
      on = undefined;
      // What a control breaks is of no interest.
      await used.stop(result.kind === 'failed' && control === undefined);
    }
  } finally {
    await on?.stop();
  }
  return results;
}

async function attempt(fault: Fault, trial: Trial): Promise<Result> {
  const { on, seed } = trial;
  try {
    return { kind: 'sound', ...(await trial.run(fault)) };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', fault: fault.name, seed, problem, kept: on.dir };
  }
}
