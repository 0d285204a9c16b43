import { ShardModel } from '@tally/testing/shard-model';

/** A shard that may not answer for a while. */
export class SimulatedShard extends ShardModel {
  isUp = true;
}
