import { setTimeout as sleep } from 'node:timers/promises';
import { isOutOfDescriptors } from './file-system.js';

/** How long somebody waits for a descriptor that others give back, and how long between two tries. */
const PATIENCE_MS = 5000;
const PAUSE_MS = 20;

let waits = 0;

/** How often somebody had to wait for a descriptor, since this process began: they are its own, not of one log. */
export function descriptorWaits(): number {
  return waits;
}

/** Tries again while there is no descriptor; before each further try `makeRoom` may give some back. */
export async function patiently<T>(
  open: () => Promise<T>,
  makeRoom: () => Promise<void> = () => Promise.resolve(),
): Promise<T> {
  const started = performance.now();
  for (let tries = 1; ; tries++) {
    try {
      return await open();
    } catch (error) {
      if (!isOutOfDescriptors(error) || performance.now() - started > PATIENCE_MS) throw error;
      if (tries === 1) waits += 1;
      await makeRoom();
      // eslint-disable-next-line no-restricted-syntax -- bounded above, and not towards a service
      await sleep(PAUSE_MS);
    }
  }
}
