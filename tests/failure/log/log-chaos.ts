import { tryLogFault } from './log-faults.js';
import type { LogControl, LogFault } from './log-trial.js';

type Say = (line: string) => void;

/** Tries faults of the log alone with each seed; false when one did not end well. */
export async function tryLogFaults(
  faults: readonly LogFault[],
  seeds: readonly number[],
  say: Say,
): Promise<boolean> {
  let isSound = true;
  for (const fault of faults) {
    if (!canBeTried(fault, fault.name, say)) {
      isSound = false;
      continue;
    }
    say(`${fault.name}: ${fault.story}`);
    for (const seed of seeds) {
      const problem = await problemOf(fault, seed, (evidence) =>
        say(`  seed ${seed}: ${evidence}`),
      );
      if (problem === undefined) continue;
      isSound = false;
      say(`  seed ${seed}: FAILED\n    ${problem}`);
    }
  }
  return isSound;
}

/** Takes each protection away; false when one is not missed. */
export async function tryLogControls(
  faults: readonly LogFault[],
  seeds: readonly number[],
  say: Say,
): Promise<boolean> {
  let areCaught = true;
  for (const fault of faults) {
    for (const control of fault.controls) {
      const title = `${control.name} under ${fault.name}`;
      if (!canBeTried(fault, title, say)) {
        areCaught = false;
        continue;
      }
      const problems = [];
      for (const seed of seeds)
        problems.push(await problemOf(fault, seed, () => undefined, control));
      const caught = problems.filter((problem) => control.failure.test(problem ?? ''));
      areCaught &&= caught.length > 0;
      say(
        `${title}: ${caught.length > 0 ? 'caught' : 'NOT CAUGHT'} by ${caught.length} of ${seeds.length} seeds: ${caught[0] ?? problems[0]}`,
      );
    }
  }
  return areCaught;
}

function canBeTried(fault: LogFault, title: string, say: Say): boolean {
  const lacks = fault.lacks();
  if (lacks !== undefined) say(`${title}: NOT TRIED, this machine lacks ${lacks}`);
  return lacks === undefined;
}

async function problemOf(
  fault: LogFault,
  seed: number,
  onSound: Say,
  control?: LogControl,
): Promise<string | undefined> {
  try {
    onSound(await tryLogFault(fault, seed, control));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
