import { PoweredDisk } from '../rig/powered-disk.js';
import type { Fault } from '../trial.js';

export const cutPower: Fault = {
  name: 'cut-power',
  story:
    'The machine of the log loses power: its disk is left with what was synced, and everything acknowledged is there.',
  needsDisk: true,
  lacks: () => PoweredDisk.lacks(),
  async inflict(trial) {
    const { on } = trial;
    const { disk, stack } = on;
    if (disk === undefined) throw new Error('the log does not lie on a disk that can lose power');
    await trial.moment(0, 2000);
    const log = stack.process('partition-log');
    const before = log.pid;
    // All at once, as a power cut is: nobody writes while the image is copied.
    log.signal('SIGSTOP');
    const image = disk.snapshot();
    await stack.crash(['partition-log']);
    disk.restore(image);
    stack.revive('partition-log');
    await on.running(['partition-log']);
    if (log.pid === before) throw new Error('the log was not killed');
    return 'the log came back on what its disk had';
  },
};
