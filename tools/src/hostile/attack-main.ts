import type { Outcome } from './attack.js';
import type { Orders } from './attackers.js';
import { ATTACKS } from './attacks/index.js';
import { pickFrom } from '@tally/testing/extreme';

/** One attack: its orders come over the channel of its parent, what it came to goes back. */
process.once('disconnect', () => process.exit(1));
process.once('message', (message) => {
  void inflict(message as Orders).then((outcome) => {
    process.send?.(outcome, () => process.exit(0));
  });
});

async function inflict({ attack, target, seed, forMs }: Orders): Promise<Outcome> {
  const over = AbortSignal.timeout(forMs);
  const found = ATTACKS.find(({ name }) => name === attack);
  if (found === undefined) return { evidence: '', problems: [`there is no attack ${attack}`] };
  try {
    return await found.inflict({ target, pick: pickFrom(seed), over });
  } catch (error) {
    const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { evidence: '', problems: [problem] };
  }
}
