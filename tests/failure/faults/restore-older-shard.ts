import { execFile } from 'node:child_process';
import { rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { until } from '../rig/until.js';
import type { Fault, Trial } from '../trial.js';

/** So many offsets at least are lost, so that it is seen. */
const LOST = 20;
const copied = promisify(execFile);

export const restoreOlderShard: Fault = {
  name: 'restore-older-shard',
  story:
    "A shard's Postgres is stopped and goes on with a copy of its files from before, while clients send: what it lost is counted again at once, and no answer claims it meanwhile.",
  // What is compared every minute would find it too: here it has to be noticed when it happens.
  env: { TALLY_VERIFY_INTERVAL_MS: '3600000' },
  losesNames: true,
  async inflict(trial) {
    const { on, random } = trial;
    const number = random.between(0, on.shards.length - 1);
    const shard = on.shards[number];
    if (shard === undefined) throw new Error(`no shard ${number}`);
    const name = `postgres-${number}`;
    const data = await shard.dataDirectory();
    const older = `${data}-older`;
    await whileAtRest(trial, name, () => copied('cp', ['--archive', data, older]));
    // The copy has no more.
    const kept = await shard.coveredOffsets();
    await trial.acknowledged(random.between(30, 100));
    await trial.moment(0, 2000);
    const confirmed = await until('it has counted on', async () => {
      const covered = await shard.coveredOffsets();
      return covered >= kept + LOST && covered;
    });
    await whileAtRest(trial, name, async () => {
      await rm(data, { recursive: true });
      await rename(older, data);
    });
    return `${name} lost ${confirmed - kept} offsets or more`;
  },
};

/** Resolves when the Postgres answers again. */
async function whileAtRest(
  { on }: Trial,
  name: string,
  work: () => Promise<unknown>,
): Promise<void> {
  await on.stack.rest(name);
  try {
    await work();
  } finally {
    on.stack.revive(name);
  }
  await until(`${name} answers`, () =>
    on.stack
      .process(name)
      .options.ready()
      .catch(() => false),
  );
}
