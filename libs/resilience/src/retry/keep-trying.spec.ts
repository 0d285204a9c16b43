import { describe, expect, it } from '@jest/globals';
import { TallyError } from '@tally/contracts';
import { Backoff } from './backoff.js';
import { keepTrying } from './keep-trying.js';

const unavailable = (message = 'not there yet') => new TallyError('unavailable', message);

/** Fails so many times, then says how often it was attempted. */
function succeedsAfter(failures: number) {
  const world = { attempts: 0 };
  const attempt = async () => {
    world.attempts += 1;
    if (world.attempts <= failures) throw unavailable(`failure ${world.attempts}`);
    return world.attempts;
  };
  return { world, attempt };
}

describe('keeping to try', () => {
  it('ends with the first success, and tells of each failure before it', async () => {
    const failures: string[] = [];
    const onFailure = ({ message }: TallyError) => failures.push(message);
    const result = await keepTrying(succeedsAfter(2).attempt, { retryMs: 1, onFailure });
    expect(result).toBe(3);
    expect(failures).toEqual(['failure 1', 'failure 2']);
  });

  it('waits as long as a backoff says', async () => {
    const backoff = new Backoff({ firstMs: 1, maxMs: 1024 });
    await keepTrying(succeedsAfter(3).attempt, { retryMs: backoff });
    expect(backoff.nextMs()).toBe(8);
  });

  it('throws the last failure after as many tries as it may make', async () => {
    const { world, attempt } = succeedsAfter(9);
    await expect(keepTrying(attempt, { retryMs: 1, maxTries: 3 })).rejects.toThrow('failure 3');
    expect(world.attempts).toBe(3);
  });

  it('throws at once what waiting does not help against, and a bug', async () => {
    const onFailure = () => expect('called').toBe('never');
    const bug = () => Promise.reject(new RangeError('a bug'));
    await expect(keepTrying(bug, { retryMs: 1, onFailure })).rejects.toThrow('a bug');
    const refused = () => Promise.reject(new TallyError('invalid_argument', 'refused'));
    const mayPass = ({ retryable }: TallyError) => retryable;
    await expect(keepTrying(refused, { retryMs: 1, onFailure, mayPass })).rejects.toThrow(
      'refused',
    );
  });

  it('ends without a result when it is aborted, also while it waits', async () => {
    const stopping = new AbortController();
    const { signal } = stopping;
    const result = keepTrying(() => Promise.reject(unavailable()), {
      signal,
      retryMs: 2 ** 30,
      onFailure: () => setImmediate(() => stopping.abort()),
    });
    expect(await result).toBeUndefined();
    const never = () => Promise.reject(new Error('attempted'));
    expect(await keepTrying(never, { signal, retryMs: 1 })).toBeUndefined();
  });

  it('ends without a result when the abort ends the attempt itself', async () => {
    const { signal, abort } = abortable();
    const attempt = () =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
        abort();
      });
    expect(await keepTrying(attempt, { signal, retryMs: 1 })).toBeUndefined();
  });
});

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(new Error('stopping')) };
}
