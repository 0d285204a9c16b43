import { describe, expect, it } from '@jest/globals';
import { parentAndLinks } from './linked-span.js';

describe('the traces of requests that share a piece of work', () => {
  it('are one parent and links to the others', () => {
    const traced = [1, 2, 3].map((n) => ({ traceId: `t${n}`, spanId: `s${n}`, traceFlags: 1 }));
    const { parent, links } = parentAndLinks(traced);
    expect(parent?.traceId).toBe('t1');
    expect(links.map(({ context }) => context.traceId)).toEqual(['t2', 't3']);
  });

  it('are no parent where there are none', () => {
    expect(parentAndLinks([])).toEqual({ parent: undefined, links: [] });
  });
});
