import { entryOf } from '../../events/entry-of.js';
import type { Random } from '../../failure/traffic/random.js';
import { ATTRIBUTES } from './event-meaning.js';
import type { Network } from './network.js';
import type { SimulatedIntake } from './simulated-intake.js';
import type { VirtualTime } from './virtual-time.js';

const ANSWER_WITHIN_MS = 1200;
const DOUBTS_PERCENT = 10;

/** The value of an event: small numbers of both signs, the same for each copy. */
export function valueOf(id: string): number {
  return (Number(id.slice(1)) % 7) - 3;
}

export interface ClientsWorld {
  readonly time: VirtualTime;
  readonly network: Network;
  readonly intakes: readonly SimulatedIntake[];
  readonly random: Random;
  /** A request is sent again as long as its ids are recognised for sure. */
  readonly resendWithinMs: number;
}

/**
 * Clients that send events, and send them again, anywhere, while they do not know. Each event has a
 * subject of its own: its id.
 */
export class SimulatedClients {
  readonly sent = new Set<string>();
  readonly acknowledged = new Set<string>();
  private next = 0;

  constructor(private readonly world: ClientsWorld) {}

  /** A request of some events, now. */
  send(): void {
    const { random, time } = this.world;
    const ids = Array.from({ length: random.between(1, 4) }, () => `e${this.next++}`);
    for (const id of ids) this.sent.add(id);
    this.attempt(ids, time.nowMs);
  }

  private attempt(ids: readonly string[], firstSentMs: number): void {
    const { time, network, random, intakes, resendWithinMs } = this.world;
    const bytes = Buffer.concat(ids.map(entryOfId));
    const intake = random.pick(intakes);
    let isAnswered = false;
    network.send(() =>
      intake.take(bytes, ids.length, () => {
        network.send(() => {
          isAnswered = true;
          for (const id of ids) this.acknowledged.add(id);
        });
      }),
    );
    const again = (isWanted: () => boolean) => () => {
      if (isWanted() && time.nowMs - firstSentMs <= resendWithinMs) this.attempt(ids, firstSentMs);
    };
    time.after(
      ANSWER_WITHIN_MS,
      again(() => !isAnswered),
    );
    // Some do not believe the answer.
    if (random.chance(DOUBTS_PERCENT))
      time.after(
        random.between(0, resendWithinMs),
        again(() => isAnswered),
      );
  }
}

/** An event as it stands in a block. */
export function entryOfId(id: string): Buffer {
  return entryOf({
    project: 'default',
    id,
    type: 'view',
    subject: id,
    time: 0,
    value: { unscaled: valueOf(id), scale: 0 },
    attributes: ATTRIBUTES,
    timeAssigned: false,
  });
}
