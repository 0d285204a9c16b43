import type { EventsTopic, ShardMap } from '@tally/placement';
import type { Random } from '../../failure/traffic/random.js';
import type { Network } from './network.js';
import type { ProcessorFaults, ProcessorSettings } from './processor-faults.js';
import type { SimulatedCatalog } from './simulated-catalog.js';
import type { SimulatedLog } from './simulated-log.js';
import type { SimulatedProcessor } from './simulated-processor.js';
import type { SimulatedShard } from './simulated-shard.js';
import type { VirtualTime } from './virtual-time.js';

/** What is around a processor. */
export interface ProcessorWorld {
  readonly time: VirtualTime;
  readonly network: Network;
  readonly log: SimulatedLog;
  /** Of dead letters. */
  readonly letters: SimulatedLog;
  readonly deadEvents: SimulatedLog;
  readonly knowsVersion: (registryVersion: number) => boolean;
  readonly shards: readonly SimulatedShard[];
  readonly topic: EventsTopic;
  readonly shardMap: () => ShardMap;
  /** Version of the registry that is in force. */
  readonly registryVersion: () => number;
  readonly catalog: SimulatedCatalog;
  readonly faults: ProcessorFaults;
  readonly settings: ProcessorSettings;
  readonly random: Random;
  readonly diskRandom: Random;
  /** The log is told to let go what lies below this offset. */
  readonly letGo: (partition: number, before: bigint) => void;
  /** An alarm: somebody has to look. */
  readonly onHalted: (partition: number) => void;
  /** Its process has ended by itself. */
  readonly onCrashed: (processor: SimulatedProcessor) => void;
  readonly tell: (line: string) => void;
}
