import { expect, it } from '@jest/globals';
import { descriptorLimit } from '@tally/service-kit';
import { withinLimit } from './descriptors.js';

it('connections and segments together leave descriptors to the rest, whatever is allowed', () => {
  const wanted = { maxConnections: 2000, maxOpenSegments: 4096 };
  expect(withinLimit(wanted, Infinity)).toEqual(wanted);
  expect(withinLimit(wanted, 8196)).toEqual(wanted);
  for (const limit of [8195, 4096, 1024, 256]) {
    const { maxConnections, maxOpenSegments } = withinLimit(wanted, limit);
    expect(2 * maxConnections + maxOpenSegments).toBeLessThanOrEqual(limit - 100);
    expect(Math.min(maxConnections, maxOpenSegments)).toBeGreaterThan(30);
  }
  expect(withinLimit(wanted, 10)).toEqual({ maxConnections: 1, maxOpenSegments: 2 });
});

it('this process may have some', () => {
  expect(descriptorLimit()).toBeGreaterThan(100);
});
