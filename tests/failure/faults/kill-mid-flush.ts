import { until } from '../rig/until.js';
import type { Fault } from '../trial.js';

export const killMidFlush: Fault = {
  name: 'kill-mid-flush',
  story:
    'A processor is killed when one shard has committed its part of a flush and the other has not; the next life cuts its flushes elsewhere.',
  async inflict(trial) {
    const { on, random } = trial;
    const [ahead, behind] = random.shuffle([0, 1]) as [number, number];
    const proxy = on.proxies[behind];
    const difference = () => on.aheadBy(ahead, behind);
    proxy?.holdRequests();
    await until('one shard is ahead', async () => (await difference()) > 20);
    const killed = random.pick([on.processors, [random.pick(on.processors)]]);
    await on.stack.crash(killed);
    const offsets = await difference();
    if (offsets === 0) throw new Error('no shard was ahead when the processor died');
    const isLate = random.chance(50);
    if (!isLate) proxy?.release();
    for (const name of killed)
      on.stack.revive(name, {
        TALLY_FLUSH_INTERVAL_MS: String(random.between(50, 1500)),
        TALLY_FLUSH_ROWS: String(random.between(1, 500)),
      });
    await on.running(killed);
    // What the dead processor sent arrives when its successor is counting already.
    if (isLate) {
      await trial.moment(0, 1500);
      proxy?.release();
    }
    return `killed ${killed.join(', ')} with shard ${ahead} ahead of shard ${behind} by ${offsets} offsets`;
  },
};
