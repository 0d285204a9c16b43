import { describe, expect, it } from '@jest/globals';
import { eventually } from './eventually.js';

describe('eventually', () => {
  it('gives the first value that is there', async () => {
    let calls = 0;
    expect(
      await eventually('three', () => (++calls < 3 ? undefined : calls), { intervalMs: 1 }),
    ).toBe(3);
  });

  it('says what was awaited, for how long, and the last failure', async () => {
    const attempt = () => Promise.reject(new Error('connection refused'));
    await expect(
      eventually('Redis answers', attempt, { timeoutMs: 5, intervalMs: 1 }),
    ).rejects.toThrow('not within 5 ms: Redis answers: connection refused');
  });
});
