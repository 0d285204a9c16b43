import { describe, expect, it } from '@jest/globals';
import { TallyError } from '@tally/contracts';
import { keepTrying } from './keep-trying.js';

const unavailable = () => new TallyError('unavailable', 'not there yet');

describe('keeping to try', () => {
  it('ends with the first success, and tells of each failure before it', async () => {
    const failures: string[] = [];
    let attempts = 0;
    const result = await keepTrying(
      async () => {
        attempts += 1;
        if (attempts < 3) throw unavailable();
        return attempts;
      },
      { retryMs: 1, onFailure: ({ message }) => failures.push(message) },
    );
    expect(result).toBe(3);
    expect(failures).toEqual(['not there yet', 'not there yet']);
  });

  it('throws a bug at once', async () => {
    const attempt = () => Promise.reject(new RangeError('a bug'));
    const onFailure = () => expect('called').toBe('never');
    await expect(keepTrying(attempt, { retryMs: 1, onFailure })).rejects.toThrow('a bug');
  });

  it('ends without a result when it is aborted, also while it waits', async () => {
    const stopping = new AbortController();
    const result = keepTrying(() => Promise.reject(unavailable()), {
      signal: stopping.signal,
      retryMs: 2 ** 30,
      onFailure: () => setImmediate(() => stopping.abort()),
    });
    expect(await result).toBeUndefined();
    const never = () => Promise.reject(new Error('attempted'));
    const options = { signal: stopping.signal, retryMs: 1, onFailure: () => undefined };
    expect(await keepTrying(never, options)).toBeUndefined();
  });
});
