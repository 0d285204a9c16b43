import { until } from '../rig/until.js';
import type { Fault } from '../trial.js';

export const killPostgres: Fault = {
  name: 'kill-postgres',
  story:
    "A shard's Postgres is killed and stays away for up to three seconds: flushes whose fate nobody knows are settled when it is back.",
  async inflict(trial) {
    const { on, random } = trial;
    const shard = random.between(0, on.shards.length - 1);
    const name = `postgres-${shard}`;
    const failed = () => on.processorMetric('tally_processor_flushes_total', 'outcome="failed"');
    const failedBefore = await failed();
    await on.stack.crash([name]);
    await trial.moment(0, 3000);
    await until('a flush failed', async () => (await failed()) > failedBefore);
    on.stack.revive(name);
    await on.running([name]);
    return `${name} killed; ${(await failed()) - failedBefore} flushes failed`;
  },
};
