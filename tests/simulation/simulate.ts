import { allProtections, CONTROLS } from './controls.js';
import { scheduleOf, type Schedule } from './schedule.js';
import { shrink } from './shrink.js';
import { Simulation } from './simulation.js';
import { withHalvedRecords } from './world/halved-records.js';
import { withRetentionFaults } from './world/retention-faults.js';

/** A schedule in which something was wrong, as small as it could be made. */
export interface Finding {
  readonly seed: number;
  readonly schedules: number;
  readonly what: string;
  readonly story: readonly string[];
}

export interface SimulateOptions {
  readonly firstSeed: number;
  /** Which of `CONTROLS` takes protections away. */
  readonly control?: string;
  /** Asked before each schedule. */
  readonly goesOn: (schedules: number) => boolean;
}

/** Plays schedule after schedule until one is wrong or it is told to end. */
export function simulate({ firstSeed, control, goesOn }: SimulateOptions): {
  readonly schedules: number;
  readonly finding: Finding | undefined;
} {
  const protections = () => {
    const all = allProtections();
    for (const protection of control === undefined ? [] : (CONTROLS[control]?.takes ?? []))
      all[protection] = true;
    return all;
  };
  const play = (schedule: Schedule) => {
    const taken = protections();
    const simulation = new Simulation(schedule, taken);
    return withRetentionFaults(taken, () =>
      taken.tellsHalves ? withHalvedRecords(() => simulation.play()) : simulation.play(),
    );
  };
  let schedules = 0;
  while (goesOn(schedules)) {
    const seed = firstSeed + schedules;
    schedules += 1;
    const schedule = scheduleOf(seed);
    if (play(schedule).violation === undefined) continue;
    const smallest = shrink(schedule, (smaller) => play(smaller).violation !== undefined);
    const { violation, story } = play(smallest);
    const what = violation ?? 'nothing is wrong any more';
    return { schedules, finding: { seed, schedules, what, story } };
  }
  return { schedules, finding: undefined };
}
