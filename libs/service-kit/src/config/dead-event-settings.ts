import { DAY_MS } from '@tally/contracts';
import { setting, wholeNumber } from './settings.js';

/** What those read that delete dead events: the replayer their bytes, shard-proxies what is said of them. */
export const deadEventSettings = {
  deadEventKeepMs: setting(
    'TALLY_DEAD_EVENT_KEEP_MS',
    wholeNumber(1000, 3650 * DAY_MS, 30 * DAY_MS),
    'how long, by the clock of the log, a dead event waits for somebody to have it counted or discarded until it is deleted, with an alarm; the same for dead-letter-replayer and shard-proxy',
  ),
};
