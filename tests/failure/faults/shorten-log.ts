import { endOf } from '../rig/observer.js';
import { until } from '../rig/until.js';
import type { Fault } from '../trial.js';
import { countedOf, deleteRecordsOf, giveUp, GIVING_UP, halted } from './given-up.js';

export const shortenLog: Fault = {
  name: 'shorten-log',
  story:
    'Somebody deletes records that are counted, and the processors begin anew. What comes again would not be recognised; the partition is halted with an alarm until a person accepts that, and is counted on from what is left.',
  spoilsStack: true,
  env: GIVING_UP,
  async inflict(trial) {
    const { on, random } = trial;
    const partition = random.between(0, 15);
    await on.recount.catchUp();
    const end = on.recount.ends.get(partition) ?? 0;
    await until('what is deleted then is counted', async () => {
      const coverage = await Promise.all(on.shards.map((shard) => shard.coverage()));
      return coverage.every((covered) => endOf(covered.get(partition)) >= end);
    });
    const low = await deleteRecordsOf(trial, partition);
    if (low === 0) throw new Error(`partition ${partition} had no records`);
    await on.restart(on.processors);
    await halted(trial);
    return `${low} records of partition ${partition} deleted; it is halted`;
  },
  quiet: giveUp,
  expected: countedOf,
};
