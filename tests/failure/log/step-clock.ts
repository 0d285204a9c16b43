import { SetClock } from '../rig/set-clock.js';
import { until } from '../rig/until.js';
import type { LogFault, LogTrial } from './log-trial.js';
import { LogWriters } from './log-writers.js';

const STEP_SECONDS = 3600;
/** So many records after the step mean that the log did not notice it. */
const ENOUGH_TO_TELL = 40;

export const stepClock: LogFault = {
  name: 'step-clock',
  story:
    'The clock of the machine of the log is set by an hour: appends are refused until it is right again, also by a log that is started on records of its future, and what was acknowledged can be read.',
  lacks: () => SetClock.lacks(),
  async inflict(trial) {
    const { writers, random } = trial;
    const clock = new SetClock(trial.dir);
    const node = await trial.startLog(trial.dir, clock.env);
    await LogWriters.makeTopic(node.port);
    writers.start(node.port);
    await writers.more(random.between(20, 200));
    const seconds = random.pick([STEP_SECONDS, -STEP_SECONDS]);
    clock.set(seconds);
    await refused(trial);
    await until('it says so', async () => (await node.metric('tally_log_clock_wrong')) === 1);
    await writers.assertKept(node.port);
    clock.set(0);
    await writers.more(20);
    await writers.stop();

    clock.set(-STEP_SECONDS);
    const again = await trial.startLog(trial.dir, clock.env);
    await writers.assertKept(again.port);
    writers.start(again.port);
    await refused(trial);
    clock.set(0);
    await writers.more(20);
    await writers.stop();
    await writers.assertKept(again.port);
    return `refused ${seconds} s from true time, and after a start ${STEP_SECONDS} s before it`;
  },
  controls: [
    {
      name: 'clock-believed',
      protection: /stampRefusal: \(\) => clock\.stampRefusal\(\),/,
      instead: '',
      failure: /appends were taken by a clock that is wrong/,
    },
    {
      name: 'future-records-believed',
      protection: /const aheadMs = this\.lastAppendMs - this\.wallMs;/,
      instead: 'const aheadMs = 0;',
      failure: /appends were taken by a clock that is wrong/,
    },
  ],
};

async function refused({ writers }: LogTrial): Promise<void> {
  writers.refusals.clear();
  const before = writers.acknowledged.length;
  const taken = () => writers.acknowledged.length - before;
  await until(
    'appends are refused, or taken as if nothing had happened',
    () => writers.refusals.has('KAFKA_STORAGE_ERROR') || taken() > ENOUGH_TO_TELL,
  );
  if (taken() > ENOUGH_TO_TELL) throw new Error('appends were taken by a clock that is wrong');
}
