import {
  CURRENT_SCHEMA_ID,
  decodeBlock,
  encodeBlockHeader,
  expiryBounds,
  isSameMeaning,
  isVoid,
  readEntries,
  type EventMeaning,
} from '@tally/contracts';
import { partitionBlocks, type EventsTopic, type PartitionBlock } from '@tally/placement';
import { Arrivals, BEAT_MS, LearnedClock } from '@tally/resilience';
import type { Network } from './network.js';
import type { SimulatedLog } from './simulated-log.js';
import { SimulatedProcess } from './simulated-process.js';
import type { VirtualTime } from './virtual-time.js';

/** Requests that come within this time go to the log together. */
const GATHER_MS = 30;
/** As the client of the log does it: asks again after silence, so often, with a pause. */
const ANSWER_WITHIN_MS = 500;
const TRIES = 5;
const PAUSE_MS = 150;

export interface IntakeFaults {
  /** Control: a block is never too late. */
  neverExpires: boolean;
  /** Control: a request arrives when it is read. */
  datesAtReading: boolean;
}

export interface IntakeWorld {
  readonly time: VirtualTime;
  readonly network: Network;
  readonly log: SimulatedLog;
  readonly topic: EventsTopic;
  readonly faults: IntakeFaults;
  /** Version of the registry that is in force. */
  readonly registryVersion: () => number;
  /** Where the catalogue ends. */
  readonly catalogPosition: () => bigint;
}

/** Events of one request, encoded. */
interface Request {
  readonly bytes: Buffer;
  readonly count: number;
  readonly meaning: EventMeaning;
  readonly arrivedAt: number;
  readonly confirm: () => void;
}

/**
 * One gateway with its partitioner: makes blocks of the requests that came together and appends
 * them, again as long as the log is silent. When it stands still, it goes on later where it was.
 */
export class SimulatedIntake {
  readonly process: SimulatedProcess;
  private gathered: Request[] = [];
  /** What the registry said when this process heard of it last. */
  private registryVersion = 0;
  /** Where the catalogue ended when this process heard of it last. */
  private catalogPosition = 0n;
  private logClock: LearnedClock;
  private arrivals: Arrivals;
  /** How far the wall clock of its machine is from true time. */
  private clockOffsetMs = 0;

  constructor(private readonly world: IntakeWorld) {
    this.process = new SimulatedProcess(world.time);
    this.logClock = this.newClock();
    this.arrivals = this.newArrivals();
  }

  /** Somebody sets the wall clock: so far from true time. */
  setClock(offsetMs: number): void {
    this.clockOffsetMs = offsetMs;
  }

  /** SIGKILL: nobody answers those who wait. */
  kill(): void {
    this.process.end();
    this.gathered = [];
  }

  /** A version of the registry is known here, when it is awake. */
  hear(registryVersion: number): void {
    this.process.later(0, () => {
      this.registryVersion = Math.max(this.registryVersion, registryVersion);
    });
  }

  /** The catalogue goes on to there, when it is awake. */
  hearCatalog(position: bigint): void {
    this.process.later(0, () => {
      if (position > this.catalogPosition) this.catalogPosition = position;
    });
  }

  /** A request has come; `confirm` when all of its events are durable. */
  take(bytes: Buffer, count: number, confirm: () => void): void {
    if (!this.process.isUp) return;
    this.process.later(0, () => {
      const meaning = { schemaId: CURRENT_SCHEMA_ID, registryVersion: this.registryVersion };
      const arrivedAt = this.world.faults.datesAtReading
        ? this.logClock.monotonicMs
        : this.arrivals.earliest;
      this.gathered.push({ bytes, count, meaning, arrivedAt, confirm });
      if (this.gathered.length === 1) this.process.later(GATHER_MS, () => this.send());
    });
  }

  restart(): void {
    this.registryVersion = this.world.registryVersion();
    this.catalogPosition = this.world.catalogPosition();
    this.process.begin();
    this.logClock = this.newClock();
    this.arrivals = this.newArrivals();
  }

  private send(): void {
    const [first] = this.gathered;
    if (first === undefined) return;
    const together = this.gathered.filter(({ meaning }) => isSameMeaning(meaning, first.meaning));
    this.gathered = this.gathered.filter((request) => !together.includes(request));
    if (this.gathered.length > 0) this.process.later(0, () => this.send());
    const bodies = together.map(({ bytes, count }) => {
      const entries = readEntries(bytes, count);
      if (entries.kind !== 'entries') throw new Error(entries.reason);
      return { bytes, entries };
    });
    const { topic, faults } = this.world;
    const arrivedAt = Math.min(...together.map((request) => request.arrivedAt));
    const { leadMs } = expiryBounds(topic.dedupWindowMs);
    const notAfterMs = this.logClock.at(arrivedAt) + leadMs;
    const { schemaId, registryVersion } = first.meaning;
    const terms = {
      schemaId,
      registryVersion,
      notAfterMs,
      catalogPosition: this.catalogPosition,
    };
    const open = new Set(partitionBlocks(bodies, topic.partitions, terms));
    for (const block of open)
      this.append(block, 1, (appendMs) => {
        if (!faults.neverExpires && isVoid(notAfterMs, appendMs, expiryBounds(topic.dedupWindowMs)))
          return;
        open.delete(block);
        if (open.size === 0) for (const { confirm } of together) confirm();
      });
  }

  private append(block: PartitionBlock, attempt: number, done: (appendMs: number) => void): void {
    const { log, network } = this.world;
    const askedAt = this.logClock.monotonicMs;
    const record = this.world.faults.neverExpires ? withoutExpiry(block.record) : block.record;
    let isDone = false;
    const confirm = this.process.receiver((appendMs: number) => {
      if (isDone) return;
      isDone = true;
      this.logClock.learn(appendMs, askedAt);
      done(appendMs);
    });
    network.send(() =>
      log.append(block.partition, record, (appendMs) => network.send(() => confirm(appendMs))),
    );
    if (attempt === TRIES) return;
    this.process.later(ANSWER_WITHIN_MS, () => {
      if (!isDone) this.process.later(PAUSE_MS, () => this.append(block, attempt + 1, done));
    });
  }

  private newArrivals(): Arrivals {
    const arrivals = new Arrivals(() => this.world.time.nowMs);
    const beat = () => {
      arrivals.beat();
      this.process.later(BEAT_MS, beat);
    };
    beat();
    return arrivals;
  }

  private newClock(): LearnedClock {
    const { time } = this.world;
    return new LearnedClock({
      wall: () => time.nowMs + this.clockOffsetMs,
      monotonic: () => time.nowMs,
    });
  }
}

/** As blocks were in the first version of their format. */
function withoutExpiry(record: Buffer): Buffer {
  const block = decodeBlock(record);
  if (block.kind !== 'block') throw new Error(block.reason);
  const { schemaId, registryVersion, count, body } = block;
  return Buffer.concat([encodeBlockHeader({ schemaId, registryVersion, count }), body]);
}
