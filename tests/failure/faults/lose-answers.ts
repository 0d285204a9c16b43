import { until } from '../rig/until.js';
import type { Fault } from '../trial.js';

const FLUSHES = 'tally_processor_flushes_total';

export const loseAnswers: Fault = {
  name: 'lose-answers',
  story:
    'A shard commits a flush, and the connection breaks before the processor hears of it: the same flush, sent again, adds nothing.',
  async inflict(trial) {
    const { on, random } = trial;
    const shard = random.between(0, on.shards.length - 1);
    const proxy = on.proxies[shard];
    const aheadBy = () => on.aheadBy(1 - shard, shard);
    if (proxy === undefined) throw new Error(`no shard ${shard}`);
    const shardProxy = shard === 0 ? 'shard-proxy' : `shard-proxy-${shard}`;
    const settled = () => on.processorMetric(FLUSHES, 'outcome="already_applied"');
    // None when the flush itself was held back, behind the answer to a login.
    return trial.untilItBites(settled, 'flushes were sent again', async () => {
      const where = random.pick(['Postgres', 'shard-proxy', 'cluster-proxy'] as const);
      proxy.holdAnswers();
      // Each processor has one flush for a shard on its way: this shard has it, and no more comes.
      await until('the other shard is ahead', async () => (await aheadBy()) > 100);
      switch (where) {
        case 'Postgres':
          proxy.cut();
          break;
        case 'shard-proxy':
          await on.stack.crash([shardProxy]);
          proxy.cut();
          on.stack.revive(shardProxy);
          break;
        case 'cluster-proxy':
          await on.stack.crash(['cluster-proxy']);
          proxy.release();
          on.stack.revive('cluster-proxy');
      }
      await until('the shard has what the other has', async () => (await aheadBy()) === 0);
      return `answers of shard ${shard} lost before ${where} passed them on`;
    });
  },
};
