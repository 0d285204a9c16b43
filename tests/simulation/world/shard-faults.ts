import { MAX_RECORD_BYTES, type Fault } from '../schedule.js';
import type { SimulatedShard } from './simulated-shard.js';
import type { VirtualTime } from './virtual-time.js';

export type ShardFault = Extract<Fault, { readonly shard: number }>;

/** What goes wrong with one shard, until it is mended. */
export function inflictOnShard(shard: SimulatedShard, fault: ShardFault, time: VirtualTime): void {
  switch (fault.kind) {
    case 'shard-away':
      shard.isUp = false;
      return time.after(fault.forMs, () => shard.mend());
    case 'shard-saved':
      return shard.save();
    case 'shard-restored':
      return shard.restore();
    case 'shard-promoted':
      return shard.promote();
    case 'shard-odd':
      shard.isOdd = true;
      return time.after(fault.forMs, () => shard.mend());
    case 'shard-narrow':
      shard.maxMessageBytes = MAX_RECORD_BYTES;
  }
}
