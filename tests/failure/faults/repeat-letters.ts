import { SECOND_MS } from '@tally/contracts';
import { FlushGate } from '../rig/flush-gate.js';
import { until } from '../rig/until.js';
import type { Fault } from '../trial.js';

const WAITING = 'tally_dead_letters_waiting';
const REPLAYER = 'dead-letter-replayer';
const ODD_MS = [0, 2 * SECOND_MS] as const;

export const repeatLetters: Fault = {
  name: 'repeat-letters',
  story:
    'A shard is away, and its events go into dead letters; it commits what the replayer brings of them, and the replayer is killed before it hears of that: the next one finds the same letters, and adds nothing.',
  // The next trial would begin with the pauses that processors have learnt in this one.
  spoilsStack: true,
  async inflict(trial) {
    const { on, random } = trial;
    const number = random.between(0, on.shards.length - 1);
    const [shard, proxy, url] = [
      on.shards[number],
      on.proxies[number],
      on.addresses.shards[number],
    ];
    if (shard === undefined || proxy === undefined || url === undefined)
      throw new Error(`no shard ${number}`);
    const gate = await FlushGate.build(url);
    let letters: number;
    let brought: number;
    try {
      await gate.refuse('XX000');
      await until('processors leave the shard alone', () => on.isOneLeftAlone());
      await trial.moment(...ODD_MS);
      await trial.acknowledged(10);
      letters = await until('letters wait for it', async () => {
        return (await on.metric(REPLAYER, WAITING)) || undefined;
      });
      // So that whoever flushes is the replayer.
      await on.stack.crash(on.processors);
      const before = await shard.coveredOffsets();
      await gate.hold();
      await gate.waiting();
      proxy.holdAnswers();
      await gate.release();
      brought = await until('the shard has what was brought', async () => {
        return (await shard.coveredOffsets()) - before || undefined;
      });
      await on.stack.crash([REPLAYER]);
      proxy.cut();
    } finally {
      await gate.remove();
    }
    for (const name of random.shuffle([REPLAYER, ...on.processors])) on.stack.revive(name);
    await on.running([REPLAYER, ...on.processors]);
    await until('no letter waits', async () => (await on.metric(REPLAYER, WAITING)) === 0);
    return `${letters} letters waited for shard ${number}; ${brought} offsets of them were brought by who never heard of it`;
  },
};
