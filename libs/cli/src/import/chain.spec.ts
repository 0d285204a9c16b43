import { describe, expect, it } from '@jest/globals';
import { Chain } from './chain.js';

function idsOf(lines: readonly string[], source = '', type = 'view'): string[] {
  const chain = new Chain(source, type);
  return lines.map((line) => {
    chain.add(line);
    return chain.id;
  });
}

describe('the ids of records', () => {
  it('are these, for ever: an import of yesterday is known again by them', () => {
    expect(idsOf(['a', 'b'])).toEqual(['MDnG5zJtx18OnIkSWmbDVg', 'dGFeUunPCjrh4dgxBwIGWA']);
  });

  it('are the same for a copy, and for one that was appended to', () => {
    expect(idsOf(['a', 'b', 'c']).slice(0, 2)).toEqual(idsOf(['a', 'b']));
  });

  it('differ for equal records of one input', () => {
    expect(new Set(idsOf(['a', 'a', 'a'])).size).toBe(3);
  });

  it('differ from the first record on that differs', () => {
    const [ours, theirs] = [idsOf(['a', 'b', 'c']), idsOf(['a', 'x', 'c'])];
    expect(ours.map((id, index) => id === theirs[index])).toEqual([true, false, false]);
  });

  it('differ by source and by event type', () => {
    const ids = [idsOf(['a']), idsOf(['a'], 'web-1'), idsOf(['a'], '', 'hit')].flat();
    expect(new Set(ids).size).toBe(3);
  });
});
