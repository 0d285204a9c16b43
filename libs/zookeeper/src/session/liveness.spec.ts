import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Liveness } from './liveness.js';

describe('Liveness', () => {
  it('ends before the session timeout after the request that was last answered was sent', () => {
    let now = 0;
    const liveness = new Liveness(() => now, 6000, 0);
    expect(liveness.remainingMs).toBe(5400);
    now = 2000;
    liveness.contact(1500);
    expect(liveness.remainingMs).toBe(4900);
    now = 6900;
    expect(liveness.remainingMs).toBe(0);
  });

  it('is not moved back by answers that overtook each other', () => {
    const liveness = new Liveness(() => 1000, 6000, 0);
    liveness.contact(900);
    liveness.contact(300);
    expect(liveness.remainingMs).toBe(5300);
  });

  it('never believes longer than a server that counts from when it received what it answered', () => {
    const step = fc.record({ waitMs: fc.nat(3000), travelMs: fc.nat(500), backMs: fc.nat(500) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
        let now = 0;
        const liveness = new Liveness(() => now, 6000, 0);
        let receivedMs = 0;
        for (const { waitMs, travelMs, backMs } of steps) {
          const sentAtMs = (now += waitMs);
          receivedMs = now += travelMs;
          now += backMs;
          liveness.contact(sentAtMs);
        }
        expect(now + liveness.remainingMs).toBeLessThan(receivedMs + 6000);
      }),
    );
  });
});
