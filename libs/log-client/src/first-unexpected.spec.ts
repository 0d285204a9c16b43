import { describe, expect, it } from '@jest/globals';
import { firstUnexpected } from './first-unexpected.js';

const records = (...offsets: number[]) => offsets.map((offset) => ({ offset: String(offset) }));

describe('records that were read', () => {
  it.each([
    ['follow each other', records(5, 6, 7), undefined],
    ['are none', [], undefined],
    ['begin too late, as after a skip', records(7, 8), 7n],
    ['begin too early', records(4, 5), 4n],
    ['have a gap', records(5, 6, 8), 8n],
    ['have one twice', records(5, 5, 6), 5n],
  ])('%s', (_, read, unexpected) => {
    expect(firstUnexpected(read, 5n)).toBe(unexpected);
  });

  it('may have offsets past 2^53', () => {
    expect(firstUnexpected([{ offset: '9007199254740993' }], 9007199254740993n)).toBeUndefined();
  });
});
