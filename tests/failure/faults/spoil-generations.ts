import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { deliver, sendBatch } from '@tally/client';
import { SECOND_MS } from '@tally/contracts';
import { parseGenerationFileName, type GenerationFile } from '@tally/counting';
import { endOf } from '../rig/observer.js';
import { spoilFiles } from '../rig/spoil-files.js';
import { SpoiltFolder } from '../rig/spoilt-folder.js';
import { until } from '../rig/until.js';
import { lineOf } from '../traffic/clients.js';
import type { Fault, Trial } from '../trial.js';

/** A tenth of it is a generation: so long the fault waits for the next, twice. */
const DEDUP_WINDOW_MS = 80 * SECOND_MS;
const MOST_PARTITIONS = 10;
const REPEATED_EVENTS = 400;
const GENERATIONS = 'tally_processor_generations_total';

export const spoilGenerations: Fault = {
  name: 'spoil-generations',
  story:
    'Shards lag while generations of the dedup window are written; the processors are killed, and files are removed, cut, damaged, exchanged between partitions, in a folder that may be full or read-only now: what comes again is known all the same, and nothing that is counted next is a duplicate of itself.',
  env: { TALLY_DEDUP_WINDOW_MS: String(DEDUP_WINDOW_MS), TALLY_LOG_TIMEOUT_MS: '500' },
  lacks: () => SpoiltFolder.lacks(),
  async inflict(trial) {
    const { on, random } = trial;
    const folder = join(on.dir, 'window-generations');
    const files = () => readdirSync(folder).flatMap((name) => parseGenerationFileName(name) ?? []);
    const sentAt = Date.now();
    const events = [...trial.record.sent.values()]
      .filter(({ acknowledgedMs }) => acknowledgedMs !== undefined)
      .slice(-REPEATED_EVENTS);
    await inMost('what is sent again lies in generations', files, ({ lastMs }) => lastMs >= sentAt);
    // Within a generation, not where one ends.
    await trial.moment(SECOND_MS, 4 * SECOND_MS);
    // None of them: the events of one that is left alone would go into dead letters.
    for (const proxy of on.proxies) proxy.holdRequests();
    const covered = await Promise.all(on.shards.map((shard) => shard.coverage()));
    const lacking = (partition: number) =>
      BigInt(Math.min(...covered.map((ranges) => endOf(ranges.get(partition)))));
    await inMost('generations go on behind what the shards have', files, (file) => {
      const start = lacking(file.partition);
      return file.first < start && start < file.end;
    });
    await on.stack.crash(on.processors);
    const spoilt = spoilFiles(folder, files(), random);
    const how = random.pick([undefined, 'full', 'read-only'] as const);
    const spoiltFolder = how === undefined ? undefined : SpoiltFolder.spoil(folder, how);
    const outcome = (name: string) => on.processorMetric(GENERATIONS, `outcome="${name}"`);
    try {
      for (const proxy of on.proxies) proxy.release();
      for (const name of on.processors) on.stack.revive(name);
      await on.running(on.processors);
      await on.allReady();
      await sendAgain(
        trial,
        events.map(({ event }) => lineOf(event)),
      );
      if (Date.now() - sentAt > DEDUP_WINDOW_MS * 0.75)
        throw new Error('this machine is too slow: what came again is not in the window');
      if (how !== undefined)
        await until(`files fail, ${how}`, async () => (await outcome('failed')) > 0);
    } finally {
      spoiltFolder?.restore();
    }
    const [recalled, damaged] = [await outcome('recalled'), await outcome('damaged')];
    if (recalled === 0) throw new Error(`no generation was recalled, ${damaged} were damaged`);
    return `${spoilt}${how === undefined ? '' : `, ${how}`}: ${recalled} recalled, ${damaged} damaged; ${events.length} events came again`;
  },
};

/** Resolves when most partitions have such a file. */
async function inMost(
  what: string,
  files: () => readonly GenerationFile[],
  isSuch: (file: GenerationFile) => boolean,
): Promise<void> {
  await until(what, () => {
    const partitions = new Set(
      files()
        .filter(isSuch)
        .map(({ partition }) => partition),
    );
    return partitions.size >= MOST_PARTITIONS;
  });
}

async function sendAgain({ on }: Trial, events: readonly string[]): Promise<void> {
  const target = { gateway: on.addresses.gateway, apiKey: '' };
  const outcome = await sendBatch({ events }, { deliver: (lines) => deliver(lines, target) });
  if (outcome.kind !== 'taken' || outcome.rejected.length > 0)
    throw new Error(`expected events to be taken again, got ${JSON.stringify(outcome)}`);
}
