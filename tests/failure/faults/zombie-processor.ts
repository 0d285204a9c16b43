import { until } from '../rig/until.js';
import type { Fault } from '../trial.js';

const FLUSHES = 'tally_processor_flushes_total';
const ASSIGNED = 'tally_processor_assigned_partitions';
const PARTITIONS = 16;

export const zombieProcessor: Fault = {
  name: 'zombie-processor',
  story:
    'A processor is stopped until another has its partitions and counts them, then goes on as if nothing had happened: what both counted is in the sums once.',
  // Small flushes: what a stopped processor has left to send leaves in the moment in which it goes on.
  env: { TALLY_FLUSH_ROWS: '20' },
  async inflict(trial) {
    const { on, random } = trial;
    const refused = async () =>
      (await on.processorMetric(FLUSHES, 'outcome="overlap"')) +
      (await on.processorMetric(FLUSHES, 'outcome="already_applied"'));
    return trial.untilItBites(refused, 'flushes were refused', async () => {
      const [zombie, heir] = random.shuffle(on.processors) as [string, string];
      await until('both count', async () => (await on.metric(zombie, ASSIGNED)) > 0);
      // A shard that lags makes sure that both have something left to send.
      const [ahead, behind] = random.shuffle([0, 1]) as [number, number];
      on.proxies[behind]?.holdRequests();
      await until('one shard is ahead', async () => (await on.aheadBy(ahead, behind)) > 100);
      await trial.moment(0, 500);
      on.stack.process(zombie).signal('SIGSTOP');
      on.proxies[behind]?.release();
      try {
        const taken = async () => (await on.metric(heir, ASSIGNED)) === PARTITIONS;
        await until('the other has all partitions', taken);
        const covered = () => on.shards[0]?.coveredOffsets() ?? 0;
        const before = await covered();
        await until('it counts them', async () => (await covered()) > before + 50);
      } finally {
        on.stack.process(zombie).signal('SIGCONT');
      }
      await until(
        'both count again',
        async () =>
          (await on.metric(zombie, ASSIGNED)) > 0 && (await on.metric(heir, ASSIGNED)) < PARTITIONS,
      );
      return `${zombie} came back after its heir counted`;
    });
  },
};
