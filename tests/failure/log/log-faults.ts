import { changedBundle } from '../controls.js';
import { cutPowerAtRoll } from './cut-power-at-roll.js';
import { failSync } from './fail-sync.js';
import { fillDisk } from './fill-disk.js';
import { runLowOnDisk } from './run-low-on-disk.js';
import { stepClock } from './step-clock.js';
import { twoContainers } from './two-containers.js';
import { LogTrial, type LogControl, type LogFault } from './log-trial.js';

/** What can go wrong with the log alone. */
export const LOG_FAULTS: readonly LogFault[] = [
  failSync,
  fillDisk,
  runLowOnDisk,
  cutPowerAtRoll,
  twoContainers,
  stepClock,
];

/** Resolves with what shows that the fault bit; rejects when a promise was broken. */
export function tryLogFault(fault: LogFault, seed: number, control?: LogControl): Promise<string> {
  const bundle =
    control === undefined ? undefined : changedBundle({ ...control, app: 'partition-log' });
  return new LogTrial(seed, bundle).run(fault);
}
