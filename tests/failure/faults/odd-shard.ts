import { SECOND_MS } from '@tally/contracts';
import { ABSENT } from '../rig/failure-stack.js';
import { FlushGate } from '../rig/flush-gate.js';
import { until } from '../rig/until.js';
import type { Fault } from '../trial.js';

/** Pauses between two beginnings for a shard that comes and goes grow: after this long to some seconds. */
const ODD_MS = [3 * SECOND_MS, 6 * SECOND_MS] as const;
/** Internal error, and what a function of somebody's own raises. */
const STATES = ['XX000', 'P0001'] as const;

export const oddShard: Fault = {
  name: 'odd-shard',
  story:
    'One shard answers each flush with an error that nobody foresaw: it alone is not counted, no processor ends, the other shard is counted on, and all is counted once when the error is gone.',
  // The next trial would begin with the pauses that processors have learnt in this one.
  spoilsStack: true,
  async inflict(trial) {
    const { on, random } = trial;
    const number = random.between(0, on.shards.length - 1);
    const [odd, other] = [on.shards[number], on.shards[1 - number]];
    if (odd === undefined || other === undefined) throw new Error(`no shard ${number}`);
    const state = random.pick(STATES);
    const processes = () => on.processors.map((name) => on.stack.process(name).pid).join();
    const before = processes();
    const assertNoneEnded = () => {
      if (processes() !== before) throw new Error('a processor ended');
    };
    let counted: number;
    const gate = await FlushGate.build(on.addresses.shards[number] ?? '');
    await gate.refuse(state);
    try {
      const stood = await odd.coveredOffsets();
      await until('processors leave the shard alone', async () => {
        return processes() !== before || (await on.isOneLeftAlone());
      });
      assertNoneEnded();
      const from = await other.coveredOffsets();
      await trial.moment(...ODD_MS);
      await trial.acknowledged(30);
      await on.recount.catchUp();
      const ends = new Map(on.recount.ends);
      await until('the other shard is counted', () => other.hasAllBefore(ends));
      counted = (await other.coveredOffsets()) - from;
      if ((await odd.coveredOffsets()) !== stood) throw new Error('the odd shard was counted');
    } finally {
      await gate.remove();
    }
    await until('no shard is left alone', async () => (await on.processorMetric(ABSENT)) === 0);
    assertNoneEnded();
    return `shard ${number} answered ${state}; the other counted ${counted} offsets meanwhile`;
  },
};
