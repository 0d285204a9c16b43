import { decodeDeadEvents, type shardProxy } from '@tally/contracts';
import { ReplaySums } from '@tally/counting';
import type { EventsTopic, ShardMap } from '@tally/placement';
import type { Fault } from '../schedule.js';
import { meaningAt } from './event-meaning.js';
import type { Network } from './network.js';
import { LATE_VERSION, lateBlockOf } from './poison.js';
import type { SimulatedCatalog } from './simulated-catalog.js';
import type { SimulatedLog } from './simulated-log.js';
import type { SimulatedShard } from './simulated-shard.js';
import type { VirtualTime } from './virtual-time.js';

/** Somebody looks through all that is dead. */
const LOOKS_EVERY_MS = 700;

/** What has to do with dead events. */
export type DeskFault = Extract<
  Fault,
  { readonly kind: 'forged-record' | 'version-comes' | 'dead-events-refused' }
>;

export interface DeskWorld {
  readonly time: VirtualTime;
  readonly network: Network;
  readonly log: SimulatedLog;
  /** The topic of dead events. */
  readonly deadEvents: SimulatedLog;
  readonly catalog: SimulatedCatalog;
  readonly shards: readonly SimulatedShard[];
  readonly topic: EventsTopic;
  readonly shardMap: () => ShardMap;
  /** An event was forged: it counts when its version is there. */
  readonly onForged: (id: string) => void;
}

/**
 * Somebody writes poison into the log, and somebody at a desk has all that is dead counted, again and
 * again, by the real rules: two at once where messages come twice, and with answers that nobody hears.
 */
export class DeadEventDesk {
  private isLateKnown = false;
  private forged = 0;

  constructor(private readonly world: DeskWorld) {
    const look = () => {
      this.look();
      world.time.after(LOOKS_EVERY_MS, look);
    };
    look();
  }

  knows(registryVersion: number): boolean {
    return registryVersion !== LATE_VERSION || this.isLateKnown;
  }

  inflict(fault: DeskFault): void {
    const { log, deadEvents, onForged, time } = this.world;
    if (fault.kind === 'version-comes') return void (this.isLateKnown = true);
    if (fault.kind === 'dead-events-refused') {
      deadEvents.isRefusing = true;
      return time.after(fault.forMs, () => void (deadEvents.isRefusing = false));
    }
    const { partition, isBlock, againMs } = fault;
    if (!isBlock) return log.append(partition, Buffer.from('no block'), () => undefined);
    const id = `f${this.forged++}`;
    onForged(id);
    const append = () => log.append(partition, lateBlockOf(id), () => undefined);
    append();
    if (againMs > 0) time.after(againMs, append);
  }

  /** The version is there, and the log takes dead events. */
  mend(): void {
    this.isLateKnown = true;
    this.world.deadEvents.restart();
    this.world.deadEvents.isRefusing = false;
  }

  private look(): void {
    const { deadEvents, topic } = this.world;
    for (let partition = 0; partition < topic.partitions; partition++)
      for (const { value } of deadEvents.fetch(partition, 0n, 1000)?.records ?? [])
        this.replay(partition, value ?? Buffer.alloc(0));
  }

  private replay(partition: number, value: Buffer): void {
    const { topic, shards, shardMap, network, catalog } = this.world;
    const dead = decodeDeadEvents(value);
    if (dead.kind !== 'dead events') throw new Error(dead.reason);
    const map = shardMap();
    for (const event of dead.events) {
      const sums = new ReplaySums(topic.name, {
        shardMap: map,
        definition: (_project, _type, version) =>
          meaningAt(() => version, catalog.isEnriched, ignore),
        // What the blocks name that are read here is known from the beginning.
        catalog: { fields: () => undefined, reaches: (position) => position === 0n },
        knowsVersion: (version) => this.knows(version),
      });
      const countability = sums.countability(dead, event);
      const shard = countability.kind === 'countable' ? shards[countability.shard] : undefined;
      if (shard === undefined) continue;
      network.send(() => {
        if (!shard.isUp || !shard.isOpen(partition, dead.offset, event.index)) return;
        sums.add(partition, dead, [event]);
        for (const request of sums.requests())
          network.send(() => this.settle(shard, { ...request, epoch: String(map.epoch) }));
      });
    }
  }

  private settle(
    shard: SimulatedShard,
    request: Omit<shardProxy.SettleDeadEventsRequest, 'action'>,
  ): void {
    if (shard.isUp) shard.settle({ ...request, action: undefined });
  }
}

function ignore(): void {
  return undefined;
}
