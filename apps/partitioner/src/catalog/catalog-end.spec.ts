import { describe, expect, it } from '@jest/globals';
import { TallyError } from '@tally/contracts';
import { CatalogEnd } from './catalog-end.js';

/** A log that a test plays, and a clock that it sets. */
function endOf() {
  const log = {
    asked: 0,
    nowMs: 0,
    ask: async (): Promise<bigint | undefined> => undefined,
  };
  const end = new CatalogEnd({
    ask: () => {
      log.asked += 1;
      return log.ask();
    },
    now: () => log.nowMs,
    logger: { warn() {} },
  });
  return { end, log };
}

const away = async () => {
  throw new TallyError('unavailable', 'the log does not answer');
};

describe('the end of the catalogue', () => {
  it('is 0 without one, which is asked every few seconds and nobody waits for', async () => {
    const { end, log } = endOf();
    for (; log.nowMs < 10_000; log.nowMs += 100) expect(await end.atLeast(0n)).toBe(0n);
    expect(log.asked).toBe(2);
    log.ask = () => new Promise(() => undefined);
    expect(await end.atLeast(0n)).toBe(0n);
  });

  it('is asked anew when it is a second old, and not without appends', async () => {
    const { end, log } = endOf();
    log.ask = async () => 3n;
    expect(await end.atLeast(0n)).toBe(3n);
    log.ask = async () => 5n;
    log.nowMs = 999;
    expect(await end.atLeast(0n)).toBe(3n);
    log.nowMs = 1000;
    expect(await end.atLeast(0n)).toBe(5n);
    expect(log.asked).toBe(2);
  });

  it('is asked at once for a caller that knows of more, and is never beyond what the log has', async () => {
    const { end, log } = endOf();
    log.ask = async () => 3n;
    await end.atLeast(0n);
    log.ask = async () => 4n;
    expect(await end.atLeast(4n)).toBe(4n);
    expect(await end.atLeast(1n << 60n)).toBe(4n);
    expect(log.asked).toBe(3);
  });

  it('that is asked already when a record comes is asked once more', async () => {
    const { end, log } = endOf();
    let answer: (position: bigint) => void = () => undefined;
    log.ask = () => new Promise((resolve) => (answer = resolve));
    const first = end.atLeast(0n);
    const second = end.atLeast(7n);
    log.ask = async () => 7n;
    answer(6n);
    expect(await second).toBe(7n);
    expect(await first).toBeGreaterThanOrEqual(6n);
  });

  it('is what it was while the log does not say it, unless a caller knows of more', async () => {
    const { end, log } = endOf();
    log.ask = away;
    await expect(end.atLeast(0n)).rejects.toMatchObject({ code: 'unavailable' });
    log.ask = async () => 3n;
    await end.atLeast(0n);
    log.ask = away;
    log.nowMs = 5000;
    expect(await end.atLeast(0n)).toBe(3n);
    await expect(end.atLeast(4n)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('is known to who has appended without asking', async () => {
    const { end, log } = endOf();
    await end.atLeast(0n);
    end.reach(9n);
    end.reach(8n);
    expect(await end.atLeast(9n)).toBe(9n);
    expect(log.asked).toBe(1);
  });
});
