import { describe, expect, it } from '@jest/globals';
import { DAY_MS, HOUR_MS, MINUTE_MS, TallyError } from '@tally/contracts';
import { TablePartitionKeeper } from './table-partition-keeper.js';

function keeperAt(nowMs: number) {
  const world = { nowMs, failures: 0, fails: false, left: [] as string[], said: [] as string[] };
  const say = (_: object, message: string) => void world.said.push(message);
  const keeper = new TablePartitionKeeper({
    now: () => world.nowMs,
    make: async (now) => {
      if (world.fails) throw new TallyError('unavailable', 'Postgres does not answer');
      const throughMinute = (Math.floor(now / DAY_MS) + 8) * (DAY_MS / MINUTE_MS);
      return { made: ['a'], left: world.left, throughMinute };
    },
    failures: { inc: () => void world.failures++ },
    logger: { info: say, warn: say },
  });
  return { world, keeper };
}

describe('the keeper of table partitions', () => {
  it('is well as long as the whole of tomorrow has them', async () => {
    const { world, keeper } = keeperAt(10.5 * DAY_MS);
    expect(() => keeper.check()).toThrow('not for the whole of tomorrow');
    expect(await keeper.run()).toBe(HOUR_MS);
    keeper.check();
    world.nowMs = 16.9 * DAY_MS;
    keeper.check();
    world.nowMs = 17 * DAY_MS;
    expect(() => keeper.check()).toThrow(
      'there are table partitions up to 1970-01-19T00:00:00.000Z',
    );
    await keeper.run();
    keeper.check();
  });

  it('counts and logs a failure, and tries again soon', async () => {
    const { world, keeper } = keeperAt(0);
    world.fails = true;
    expect(await keeper.run()).toBe(MINUTE_MS);
    expect(world).toMatchObject({ failures: 1, said: ['table partitions could not be made'] });
  });

  it('breaks off what is under way when it is stopped, and calls that no failure', async () => {
    const failures = { count: 0 };
    const silent = () => undefined;
    const keeper = new TablePartitionKeeper({
      now: () => 0,
      make: (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new TallyError('unavailable', 'aborted')));
        }),
      failures: { inc: () => void failures.count++ },
      logger: { info: silent, warn: silent },
    });
    const started = keeper.start();
    await keeper.stop();
    await started;
    expect(failures.count).toBe(0);
  });

  it('says which could not be made', async () => {
    const { world, keeper } = keeperAt(0);
    world.left = ['b'];
    await keeper.run();
    expect(world.said).toContain('rows of their time are in DEFAULT: not made');
  });
});
