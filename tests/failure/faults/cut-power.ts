import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
    // Nobody asks the disk to keep this. A new name: ext4 writes early what replaces a file.
    const unsynced = join(disk.folder, `unsynced-${trial.seed}`);
    writeFileSync(unsynced, 'x'.repeat(4096));
    // All at once, as a power cut is: nobody writes while the image is copied.
    log.signal('SIGSTOP');
    const image = disk.snapshot();
    await stack.crash(['partition-log']);
    disk.restore(image);
    if (existsSync(unsynced) && statSync(unsynced).size > 0)
      throw new Error('what was not synced is still there: this was no power cut');
    stack.revive('partition-log');
    await on.running(['partition-log']);
    if (log.pid === before) throw new Error('the log was not killed');
    return 'the log came back on what its disk had';
  },
};
