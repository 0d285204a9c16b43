import { run } from '../rig/programs.js';
import type { LogFault } from './log-trial.js';
import { LogWriters } from './log-writers.js';

/** With process ids of its own, as a container has them. */
const NAMESPACE = ['--pid', '--fork', '--kill-child'];

const container = (name: string) => ({
  env: { TALLY_INSTANCE: name },
  under: ['unshare', ...NAMESPACE],
});

export const twoContainers: LogFault = {
  name: 'two-containers',
  story:
    'A second log is started on the same folder, in another container: it refuses to, and starts when the first is killed.',
  lacks() {
    try {
      run('unshare', ...NAMESPACE, 'true');
      return undefined;
    } catch (error) {
      return `the right to make a pid namespace: ${String(error)}`;
    }
  },
  async inflict(trial) {
    const { writers, random } = trial;
    const first = await trial.startBeside(trial.dir, container('first'));
    await LogWriters.makeTopic(first.port);
    writers.start(first.port);
    await writers.more(random.between(20, 100));
    const refusal = await trial.startBeside(trial.dir, container('second')).then(
      () => 'it started',
      (error: unknown) => String(error),
    );
    if (!refusal.includes('is used by another process'))
      throw new Error(`expected that the second log does not start, got: ${refusal}`);
    await writers.more(20);
    await first.process.kill();
    await writers.stop();
    const next = await trial.startBeside(trial.dir, container('next'));
    await writers.assertKept(next.port);
    return 'the second one refused to start, and the next one started after a kill';
  },
  controls: [
    {
      name: 'folder-not-locked',
      protection: /if \(status\d* === 0\)\s+return;\s+(?=if \(status\d* === TAKEN\))/,
      instead: 'return;',
      failure: /expected that the second log does not start, got: it started/,
    },
  ],
};
