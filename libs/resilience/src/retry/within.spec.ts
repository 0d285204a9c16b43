import { describe, expect, it } from '@jest/globals';
import { within } from './within.js';

describe('waiting within a bound', () => {
  it('ends with the work, and says so', async () => {
    expect(await within(2 ** 30, Promise.resolve())).toBe(true);
  });

  it('leaves work that takes longer to itself, also when that fails later', async () => {
    let fail: (error: Error) => void = () => undefined;
    const work = new Promise<void>((_, reject) => {
      fail = reject;
    });
    expect(await within(1, work)).toBe(false);
    fail(new Error('nobody waits any more'));
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('throws what the work throws meanwhile', async () => {
    await expect(within(2 ** 30, Promise.reject(new Error('no')))).rejects.toThrow('no');
  });
});
