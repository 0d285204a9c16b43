import { describe, expect, it } from '@jest/globals';
import { KnownCatalog } from './known-catalog.js';

describe('what is known of the catalogue', () => {
  it('is the furthest position that was put, for as long as others may not know it', () => {
    let nowMs = 0;
    const known = new KnownCatalog(() => nowMs);
    expect(known.position).toBe(0n);
    known.learn(7n);
    known.learn(5n);
    nowMs = 9999;
    expect(known.position).toBe(7n);
    nowMs = 10_000;
    expect(known.position).toBe(0n);
    // Of another topic perhaps: what was known of the one before does not count.
    known.learn(2n);
    expect(known.position).toBe(2n);
  });
});
