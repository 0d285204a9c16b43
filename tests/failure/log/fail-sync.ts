import { FailingDisk } from '../rig/failing-disk.js';
import { until } from '../rig/until.js';
import type { LogFault, LogTrial } from './log-trial.js';
import { LogWriters } from './log-writers.js';

/** So many records after the failure mean that the log did not notice it. */
const ENOUGH_TO_TELL = 40;

export const failSync: LogFault = {
  name: 'fail-sync',
  story:
    'The disk of the log fails and the kernel forgets what it could not write: the process ends at once and does not start while the disk fails, and everything acknowledged is there when it starts again.',
  lacks: () => FailingDisk.lacks(),
  async inflict(trial) {
    const { writers, random } = trial;
    const disk = await FailingDisk.create(trial.dir);
    trial.atEnd(() => disk.remove());
    const node = await trial.startLog(disk.folder);
    await LogWriters.makeTopic(node.port);
    writers.start(node.port);
    await writers.more(random.between(20, 200));
    disk.fail();
    const before = writers.acknowledged.length;
    await until('the log ends, or goes on as if nothing had happened', () => {
      return !node.process.running || writers.acknowledged.length > before + ENOUGH_TO_TELL;
    });
    await node.process.kill();
    await writers.stop();
    const endedByItself = node.process.exit === 'exit code 1';
    if (endedByItself && (await startsOnFailingDisk(trial, disk.folder)))
      throw new Error('the log starts on a disk that takes nothing');
    disk.healAndForget();
    const again = await trial.startLog(disk.folder);
    await writers.assertKept(again.port);
    if (!endedByItself)
      throw new Error(`expected the log to end by itself, got ${node.process.exit}`);
    return `${writers.acknowledged.length - before} of them after the disk began to fail`;
  },
  controls: [
    {
      name: 'sync-tried-again',
      protection: /return this\.handle\.datasync\(\);/,
      instead:
        'return retried(() => this.handle.datasync());\nasync function retried(sync) { for (let left = 5; ; left--) try { return await sync(); } catch (error) { if (left === 0) throw error; } }',
      failure:
        /acknowledged records are not in the log|records cannot be read|ended while starting/,
    },
  ],
};

async function startsOnFailingDisk(trial: LogTrial, folder: string): Promise<boolean> {
  try {
    await trial.startLog(folder);
    return true;
  } catch (error) {
    // It has to say why.
    if (error instanceof Error && /EIO|i\/o error/.test(error.message)) return false;
    throw error;
  }
}
