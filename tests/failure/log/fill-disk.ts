import { SmallDisk } from '../rig/small-disk.js';
import { until } from '../rig/until.js';
import type { LogFault } from './log-trial.js';
import { LogWriters } from './log-writers.js';

const SIZE_MIB = 16;
const FILLER_MIB = 6;
/** To the last byte: without the reserve that ends most appends before. */
const SETTINGS = { TALLY_LOG_LOW_FREE_BYTES: '0', TALLY_LOG_FREE_MARGIN_BYTES: '0' };

export const fillDisk: LogFault = {
  name: 'fill-disk',
  story:
    'The disk of the log is full, and the log is killed and starts on it again: appends are refused, what was acknowledged can be read, and when there is room again appends are taken.',
  lacks: () => SmallDisk.lacks(),
  async inflict(trial) {
    const { writers } = trial;
    const disk = SmallDisk.create(trial.dir, SIZE_MIB, FILLER_MIB);
    trial.atEnd(() => disk.remove());
    const node = await trial.startLog(disk.folder, SETTINGS);
    await LogWriters.makeTopic(node.port);
    writers.start(node.port);
    await until('appends are refused', () => writers.refusals.has('KAFKA_STORAGE_ERROR'));
    const free = disk.freeBytes;
    await writers.assertKept(node.port);
    await writers.stop();
    if (!node.process.running) throw new Error(`the log ended: ${node.process.exit}`);
    const before = writers.acknowledged.length;
    disk.fillUp();
    const full = await trial.startLog(disk.folder, SETTINGS);
    await writers.assertKept(full.port);
    writers.refusals.clear();
    writers.start(full.port);
    // Small ones may still fit into the last block of a file.
    await until('appends are refused again', () => writers.refusals.has('KAFKA_STORAGE_ERROR'));
    disk.makeRoom();
    await writers.more(20);
    await writers.stop();
    if (!full.process.running) throw new Error(`the log ended: ${full.process.exit}`);
    // Whoever starts on what is left finds no half batch.
    const again = await trial.startLog(disk.folder, SETTINGS);
    await writers.assertKept(again.port);
    return `refused with ${free} bytes free, ${before} before that`;
  },
  controls: [
    {
      name: 'short-count-ignored',
      protection:
        /if \(await segment\.file\.write\(buffers, segment\.size\) === bytes\)\s+return true;/,
      instead: 'await segment.file.write(buffers, segment.size); return true;',
      failure:
        /acknowledged records are not in the log|records cannot be read|ended while starting/,
    },
  ],
};
