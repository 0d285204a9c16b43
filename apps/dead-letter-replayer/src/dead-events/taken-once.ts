import type { DeadEvent } from '@tally/contracts';
import { keyOf } from './dead-event-shards.js';
import type { KeptRecord } from './dead-event-topic.js';

/**
 * The topic has a dead event once or more often: a processor that ended before its flush is followed by
 * one that writes it again. One answer takes it once; copies that lie far behind each other may come with
 * two of its pages, since nothing is remembered between them.
 */
export class TakenOnce {
  /** By record of the log (`keyOf`): indexes of events. */
  private readonly taken = new Map<string, Set<number>>();

  isFirst({ partition, dead }: KeptRecord, { index }: DeadEvent): boolean {
    const key = keyOf({ partition, offset: dead.offset });
    const known = this.taken.get(key);
    if (known?.has(index) === true) return false;
    if (known === undefined) this.taken.set(key, new Set([index]));
    else known.add(index);
    return true;
  }
}
