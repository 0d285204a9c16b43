import { REPLAYERS, type Fault } from '../schedule.js';
import type { SimulatedLog } from './simulated-log.js';
import { SimulatedReplayer, type ReplayerWorld } from './simulated-replayer.js';

/** What goes wrong between dead letters and their shards. */
export type PostFault = Extract<
  Fault,
  { readonly kind: 'letters-refused' | 'replayer-crash' | 'replayer-pause' }
>;

/** The topic of dead letters and those who deliver them, all at once. */
export class DeadLetterPost {
  private readonly replayers: readonly SimulatedReplayer[];
  private readonly letters: SimulatedLog;

  constructor(private readonly world: ReplayerWorld) {
    this.letters = world.letters;
    this.replayers = Array.from(
      { length: REPLAYERS },
      (_, number) => new SimulatedReplayer(`replayer ${number}`, world),
    );
  }

  /** Letters that were not delivered. */
  get waiting(): number {
    const bounds = [...(this.letters.bounds()?.values() ?? [])];
    return bounds.reduce((sum, { low, high }) => sum + Number(high - low), 0);
  }

  inflict(fault: PostFault): void {
    const { time } = this.world;
    switch (fault.kind) {
      case 'letters-refused':
        this.letters.isRefusing = true;
        return time.after(fault.forMs, () => void (this.letters.isRefusing = false));
      case 'replayer-crash': {
        const replayer = this.replayers[fault.replayer];
        replayer?.kill();
        return time.after(fault.forMs, () => replayer?.restart());
      }
      case 'replayer-pause':
        return this.replayers[fault.replayer]?.process.pause(fault.forMs);
    }
  }

  /** The log takes letters again. */
  mend(): void {
    this.letters.restart();
    this.letters.isRefusing = false;
  }
}
