import { setTimeout as delay } from 'node:timers/promises';
import { SECOND_MS } from '@tally/contracts';
import type { Fault } from '../trial.js';

/** As short as the tries of an append allow: a quarter of it is above them all. */
const DEDUP_WINDOW_MS = 50 * SECOND_MS;
/** How long what it had in hand may take to reach the log when it goes on. */
const REACHES_WITHIN_MS = 5 * SECOND_MS;

export const outliveWindow: Fault = {
  name: 'outlive-window',
  story:
    'A partitioner stands still for longer than the dedup window with appends in hand, while clients send the same events again by way of the other; it goes on, and appends them outside of the window: they count once.',
  env: {
    TALLY_DEDUP_WINDOW_MS: String(DEDUP_WINDOW_MS),
    TALLY_LOG_TIMEOUT_MS: '500',
  },
  partitioners: 2,
  async inflict(trial) {
    const { on, random } = trial;
    const expired = async () => {
      await on.recount.catchUp();
      return on.recount.count('expired');
    };
    return trial.untilItBites(expired, 'events expired', async () => {
      const name = random.pick(on.partitioners);
      const partitioner = on.stack.process(name);
      const log = on.stack.process('partition-log');
      const before = await expired();
      // Whatever comes meanwhile is on its way to the log, or back from it, when the partitioner stops.
      log.signal('SIGSTOP');
      await trial.moment(50, 350);
      partitioner.signal('SIGSTOP');
      log.signal('SIGCONT');
      try {
        await trial.acknowledged(30);
        await delay(DEDUP_WINDOW_MS);
        await trial.moment(0, 2 * SECOND_MS);
      } finally {
        partitioner.signal('SIGCONT');
      }
      const until = performance.now() + REACHES_WITHIN_MS;
      while ((await expired()) === before && performance.now() < until) await delay(100);
      return `${name} stood still for more than ${DEDUP_WINDOW_MS / SECOND_MS} s`;
    });
  },
};
