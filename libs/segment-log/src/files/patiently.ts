import { setTimeout as sleep } from 'node:timers/promises';
import { isOutOfDescriptors } from './file-system.js';

/** How long somebody waits for a descriptor that others give back, and how long between two tries. */
const PATIENCE_MS = 5000;
const PAUSE_MS = 20;

/** Tries again while there is no descriptor; before each further try `makeRoom` may give some back. */
export async function patiently<T>(
  open: () => Promise<T>,
  makeRoom: () => Promise<void> = () => Promise.resolve(),
): Promise<T> {
  for (const started = performance.now(); ;) {
    try {
      return await open();
    } catch (error) {
      if (!isOutOfDescriptors(error) || performance.now() - started > PATIENCE_MS) throw error;
      await makeRoom();
      // eslint-disable-next-line no-restricted-syntax -- bounded above, and not towards a service
      await sleep(PAUSE_MS);
    }
  }
}
