import { describe, expect, it } from '@jest/globals';
import type { DeadEvent } from '@tally/contracts';
import type { KeptRecord } from './dead-event-topic.js';
import { TakenOnce } from './taken-once.js';

const kept = (partition: number, offset: bigint, record: bigint) =>
  ({ partition, record, dead: { offset } }) as KeptRecord;
const event = (index: number) => ({ index }) as DeadEvent;

describe('a dead event that the topic has twice', () => {
  it('is taken once, whichever record it lies in', () => {
    const taken = new TakenOnce();
    expect(taken.isFirst(kept(3, 7n, 0n), event(1))).toBe(true);
    expect(taken.isFirst(kept(3, 7n, 5n), event(1))).toBe(false);
  });

  it('is none of another index, offset or partition', () => {
    const taken = new TakenOnce();
    taken.isFirst(kept(3, 7n, 0n), event(1));
    expect(taken.isFirst(kept(3, 7n, 0n), event(2))).toBe(true);
    expect(taken.isFirst(kept(3, 8n, 1n), event(1))).toBe(true);
    expect(taken.isFirst(kept(4, 7n, 1n), event(1))).toBe(true);
  });
});
