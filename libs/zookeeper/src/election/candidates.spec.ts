import { describe, expect, it } from '@jest/globals';
import { predecessorOf } from './candidates.js';

describe('predecessorOf', () => {
  const names = ['zz_x-0000000003', 'aa_y-0000000011', 'mm_z-0000000007', 'not a candidate'];

  it('is by sequence number and not by name', () => {
    expect(predecessorOf(names, 'zz_x-0000000003')).toEqual({ kind: 'first' });
    expect(predecessorOf(names, 'mm_z-0000000007')).toEqual({ kind: 'after', name: names[0] });
    expect(predecessorOf(names, 'aa_y-0000000011')).toEqual({ kind: 'after', name: names[2] });
  });

  it('is nothing for one who does not stand', () => {
    expect(predecessorOf(names, 'zz_x-0000000004')).toEqual({ kind: 'not_listed' });
  });
});
