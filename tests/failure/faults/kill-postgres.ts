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
    const unanswered = () => on.processorMetric('tally_processor_flushes_total', 'outcome="retry"');
    const failedBefore = await unanswered();
    await on.stack.crash([name]);
    await trial.moment(0, 3000);
    await until('a flush got no answer', async () => (await unanswered()) > failedBefore);
    on.stack.revive(name);
    await on.running([name]);
    return `${name} killed; ${(await unanswered()) - failedBefore} flushes failed`;
  },
};
