import { OffsetSet } from '@tally/counting';
import { ShardModel } from '@tally/testing/shard-model';

/** A shard that may not answer for a while. */
export class SimulatedShard extends ShardModel {
  isUp = true;

  /** What was given up, as an answer has it. */
  lossesNow(): Map<number, OffsetSet> {
    return new Map([...this.losses].map(([partition, set]) => [partition, new OffsetSet(set)]));
  }
}
