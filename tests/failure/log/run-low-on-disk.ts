import { SmallDisk } from '../rig/small-disk.js';
import { until } from '../rig/until.js';
import type { LogFault } from './log-trial.js';
import { clientOf, LogWriters, TOPIC } from './log-writers.js';

const SIZE_MIB = 16;
const LOW_MIB = 4;
const MARGIN_MIB = 4;
const SETTINGS = {
  TALLY_LOG_LOW_FREE_BYTES: String(LOW_MIB << 20),
  TALLY_LOG_FREE_MARGIN_BYTES: String(MARGIN_MIB << 20),
  TALLY_LOG_SEGMENT_BYTES: String(1 << 20),
};

export const runLowOnDisk: LogFault = {
  name: 'run-low-on-disk',
  story:
    'Little room is left on the disk of the log: appends are refused while there is a reserve, groups still commit and records can be deleted, and that makes room for appends.',
  lacks: () => SmallDisk.lacks(),
  async inflict(trial) {
    const { writers } = trial;
    const disk = SmallDisk.create(trial.dir, SIZE_MIB, 0);
    trial.atEnd(() => disk.remove());
    const node = await trial.startLog(disk.folder, SETTINGS);
    await LogWriters.makeTopic(node.port);
    writers.start(node.port);
    await until('appends are refused', () => writers.refusals.has('KAFKA_STORAGE_ERROR'));
    await writers.stop();
    const free = disk.freeBytes;
    if (free < 1 << 20) throw new Error(`only ${free} bytes are left of the reserve`);
    await until('the health page tells of it', async () => {
      const report = (await (await fetch(`${node.admin}/health/ready`)).json()) as Report;
      return report.status === 'degraded' && report.checks['disk space']?.ok === false;
    });
    await writers.assertKept(node.port);

    const admin = clientOf(node.port).admin();
    await admin.connect();
    const ends = await admin.fetchTopicOffsets(TOPIC);
    const partitions = ends.map(({ partition, high }) => ({ partition, offset: high }));
    await admin.setOffsets({ groupId: 'of-a-reader', topic: TOPIC, partitions });
    const [committed] = await admin.fetchOffsets({ groupId: 'of-a-reader', topics: [TOPIC] });
    const offsets = committed?.partitions.map(({ partition, offset }) => ({ partition, offset }));
    if (JSON.stringify(offsets) !== JSON.stringify(partitions))
      throw new Error(`a group could not commit: ${JSON.stringify(offsets)}`);
    await admin.deleteTopicRecords({ topic: TOPIC, partitions });
    await admin.disconnect();
    writers.acknowledged.length = 0;
    writers.start(node.port);
    await writers.more(20);
    await writers.stop();
    await writers.assertKept(node.port);
    return `refused with ${free} bytes free, taken again after records were deleted`;
  },
  controls: [
    {
      name: 'reserve-given-away',
      protection:
        /this\.isLow = this\.free < \(this\.isLow \? this\.resumeBytes : this\.options\.lowBytes\);/,
      instead: '',
      failure: /bytes are left of the reserve/,
    },
  ],
};

interface Report {
  readonly status: string;
  readonly checks: Readonly<Record<string, { readonly ok: boolean }>>;
}
