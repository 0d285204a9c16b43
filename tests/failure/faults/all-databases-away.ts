import { setTimeout as delay } from 'node:timers/promises';
import { SECOND_MS } from '@tally/contracts';
import { askStats } from '../verdict/stats.js';
import { VIEWS } from '../traffic/traffic.js';
import type { Fault, Trial } from '../trial.js';

/** A gateway that leaned on its databases would know it within a few seconds. */
const AWAY_MS = [7 * SECOND_MS, 10 * SECOND_MS] as const;
const LOOK_MS = 200;
/** A loaded machine pauses; clients that are refused wait no longer than this between two tries. */
const LONGEST_GAP_MS = 3 * SECOND_MS;

export const allDatabasesAway: Fault = {
  name: 'all-databases-away',
  story:
    'The Postgres of every shard is killed and stays away: the gateway stays ready and events are acknowledged all the time, questions are refused or answered as of before, and all is counted once when they are back.',
  async inflict(trial) {
    const { on, random, record } = trial;
    const databases = on.shards.map((_, shard) => `postgres-${shard}`);
    const before = record.acknowledgedRequests;
    await on.stack.crash(databases);
    const goneAt = Date.now();
    const backAt = performance.now() + random.between(...AWAY_MS);
    let looks = 0;
    let withoutThem = 0;
    let [acknowledged, acknowledgedAt] = [before, performance.now()];
    for (; performance.now() < backAt; looks++) {
      await assertReady(trial);
      if (await isAnsweredWithoutThem(trial, goneAt)) withoutThem += 1;
      if (record.acknowledgedRequests > acknowledged)
        [acknowledged, acknowledgedAt] = [record.acknowledgedRequests, performance.now()];
      else if (performance.now() - acknowledgedAt > LONGEST_GAP_MS)
        throw new Error('no event was acknowledged while the databases were away');
      await delay(LOOK_MS);
    }
    for (const name of databases) on.stack.revive(name);
    await on.running(databases);
    if (withoutThem === 0)
      throw new Error(`no question was asked while they were away in ${looks}`);
    return `ready ${looks} times of ${looks}, ${withoutThem} questions refused or answered as of before, ${acknowledged - before} requests acknowledged without a database`;
  },
};

async function assertReady({ on }: Trial): Promise<void> {
  const response = await fetch(`${on.addresses.admin['gateway']}/health/ready`);
  const report = await response.text();
  if (!response.ok)
    throw new Error(`the gateway was not ready while only databases were away: ${report}`);
}

/** Whether there was no answer, or an older one; what an answer says is the reader's to check. */
async function isAnsweredWithoutThem({ on, subjects }: Trial, goneAt: number): Promise<boolean> {
  try {
    const { asOfMs } = await askStats(on.addresses.gateway, VIEWS, subjects, 'total');
    if (asOfMs === undefined || asOfMs < goneAt) return true;
  } catch {
    return true;
  }
  throw new Error('an answer was complete to an instant at which no database was there');
}
