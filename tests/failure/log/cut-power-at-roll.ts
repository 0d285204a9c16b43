import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PoweredDisk } from '../rig/powered-disk.js';
import { until } from '../rig/until.js';
import type { LogFault } from './log-trial.js';
import { LogWriters, TOPIC } from './log-writers.js';

/** So small that segments begin all the time. */
const SETTINGS = { TALLY_LOG_SEGMENT_BYTES: '65536' };

export const cutPowerAtRoll: LogFault = {
  name: 'cut-power-at-roll',
  story:
    'Power fails when a segment has just begun: its file is found again, with everything acknowledged in it.',
  lacks: () => PoweredDisk.lacks(),
  async inflict(trial) {
    const { writers, random } = trial;
    const disk = PoweredDisk.create(trial.dir);
    trial.atEnd(() => disk.remove());
    const node = await trial.startLog(disk.folder, SETTINGS);
    await LogWriters.makeTopic(node.port);
    writers.start(node.port);
    const partition = join(disk.folder, 'log/topics', TOPIC, '0');
    const segments = () => readdirSync(partition).filter((name) => name.endsWith('.log')).length;
    const wanted = segments() + random.between(1, 8);
    await until('a segment begins', () => segments() >= wanted);
    // All at once, as a power cut is: nobody writes while the image is copied.
    node.process.signal('SIGSTOP');
    const image = disk.snapshot();
    await node.process.kill();
    disk.restore(image);
    await writers.stop();
    const again = await trial.startLog(disk.folder, SETTINGS);
    await writers.assertKept(again.port);
    return `${segments()} segments of the first partition came back`;
  },
  controls: [
    {
      name: 'roll-not-synced',
      protection: /await segment\.file\.datasync\(\);/,
      instead: '',
      failure:
        /acknowledged records are not in the log|records cannot be read|ended while starting/,
    },
  ],
};
