import { OffsetSet } from '@tally/counting';
import { ShardModel } from '@tally/testing/shard-model';

/** A shard that may not answer for a while, or answers what nobody foresaw. */
export class SimulatedShard extends ShardModel {
  isUp = true;
  isOdd = false;
  /** Largest message that reaches it. */
  maxMessageBytes = Number.POSITIVE_INFINITY;

  /** It does not answer any more. */
  goAway(): void {
    this.isUp = false;
  }

  /** It answers what nobody foresaw. */
  turnOdd(): void {
    this.isOdd = true;
  }

  /** No larger messages reach it any more. */
  takeAtMost(bytes: number): void {
    this.maxMessageBytes = bytes;
  }

  /** It answers, and as it should. */
  mend(): void {
    this.isUp = true;
    this.isOdd = false;
  }

  /** What was given up, as an answer has it. */
  lossesNow(): Map<number, OffsetSet> {
    return new Map([...this.losses].map(([partition, set]) => [partition, new OffsetSet(set)]));
  }
}
