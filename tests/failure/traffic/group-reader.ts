import { askGroups } from '../verdict/groups.js';
import { Repeatedly } from './repeatedly.js';
import type { Traffic } from './traffic.js';

const PAUSE_MS = 500;

/** Somebody who remembers which groups there were, and with how many events: who is named stays named. */
export class GroupReader {
  /** By subject and values, as `keyOf` has it. */
  readonly seen = new Map<string, number>();
  private readonly reading: Repeatedly;

  constructor(gateway: string, traffic: Traffic, subjects: readonly string[]) {
    this.reading = new Repeatedly(PAUSE_MS, async () => {
      const { figures } = await askGroups(gateway, traffic, subjects);
      for (const [key, { count }] of figures)
        this.seen.set(key, Math.max(count, this.seen.get(key) ?? 0));
    });
  }

  stop(): Promise<void> {
    return this.reading.stop();
  }
}
