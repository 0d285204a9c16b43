import { until } from '../rig/until.js';
import type { Fault } from '../trial.js';
import { countedOf, deleteRecordsOf, giveUp, GIVING_UP, halted, highOf } from './given-up.js';

export const deleteRecords: Fault = {
  name: 'delete-records',
  story:
    'Somebody deletes accepted records that no processor has read yet. The client would skip them in silence; the partition is halted with an alarm, and no answer claims to know more, until a person gives them up: then it is counted on, without a restart.',
  spoilsStack: true,
  env: GIVING_UP,
  async inflict(trial) {
    const { on, random } = trial;
    const partition = random.between(0, 15);
    for (const name of on.processors) on.stack.process(name).signal('SIGSTOP');
    try {
      const stoppedAt = await highOf(trial, partition);
      await until(
        'records wait to be read',
        async () => (await highOf(trial, partition)) > stoppedAt + 20,
      );
      await on.recount.catchUp();
      await deleteRecordsOf(trial, partition);
    } finally {
      for (const name of on.processors) on.stack.process(name).signal('SIGCONT');
    }
    await halted(trial);
    return `records of partition ${partition} deleted; it is halted`;
  },
  quiet: giveUp,
  expected: countedOf,
};
