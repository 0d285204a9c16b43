import { describe, expect, it } from '@jest/globals';
import { TallyError } from '@tally/contracts';
import { PartitionKeeper } from './partition-keeper.js';

const DAY_MS = 86_400_000;

function keeperAt(nowMs: number) {
  const world = { nowMs, failures: 0, fails: false, left: [] as string[], said: [] as string[] };
  const say = (_: object, message: string) => void world.said.push(message);
  const keeper = new PartitionKeeper({
    now: () => world.nowMs,
    make: async (now) => {
      if (world.fails) throw new TallyError('unavailable', 'Postgres does not answer');
      const throughMinute = (Math.floor(now / DAY_MS) + 8) * 1440;
      return { made: ['a'], left: world.left, throughMinute };
    },
    failures: { inc: () => void world.failures++ },
    logger: { info: say, warn: say },
  });
  return { world, keeper };
}

describe('the keeper of partitions', () => {
  it('is well as long as the whole of tomorrow has them', async () => {
    const { world, keeper } = keeperAt(10.5 * DAY_MS);
    expect(() => keeper.check()).toThrow('not for the whole of tomorrow');
    expect(await keeper.run()).toBe(3_600_000);
    keeper.check();
    world.nowMs = 16.9 * DAY_MS;
    keeper.check();
    world.nowMs = 17 * DAY_MS;
    expect(() => keeper.check()).toThrow('there are partitions up to 1970-01-19T00:00:00.000Z');
    await keeper.run();
    keeper.check();
  });

  it('counts and logs a failure, and tries again soon', async () => {
    const { world, keeper } = keeperAt(0);
    world.fails = true;
    expect(await keeper.run()).toBe(60_000);
    expect(world).toMatchObject({ failures: 1, said: ['partitions could not be made'] });
  });

  it('says which could not be made', async () => {
    const { world, keeper } = keeperAt(0);
    world.left = ['b'];
    await keeper.run();
    expect(world.said).toContain('rows of their time are in DEFAULT: not made');
  });
});
