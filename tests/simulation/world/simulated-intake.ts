import { CURRENT_SCHEMA_ID, isSameMeaning, readEntries, type EventMeaning } from '@tally/contracts';
import { partitionBlocks, type PartitionBlock } from '@tally/placement';
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

export interface IntakeWorld {
  readonly time: VirtualTime;
  readonly network: Network;
  readonly log: SimulatedLog;
  readonly partitions: number;
  /** Version of the registry that is in force. */
  readonly registryVersion: () => number;
}

/** Events of one request, encoded. */
interface Request {
  readonly bytes: Buffer;
  readonly count: number;
  readonly meaning: EventMeaning;
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

  constructor(private readonly world: IntakeWorld) {
    this.process = new SimulatedProcess(world.time);
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

  /** A request has come; `confirm` when all of its events are durable. */
  take(bytes: Buffer, count: number, confirm: () => void): void {
    if (!this.process.isUp) return;
    this.process.later(0, () => {
      const meaning = { schemaId: CURRENT_SCHEMA_ID, registryVersion: this.registryVersion };
      this.gathered.push({ bytes, count, meaning, confirm });
      if (this.gathered.length === 1) this.process.later(GATHER_MS, () => this.send());
    });
  }

  restart(): void {
    this.registryVersion = this.world.registryVersion();
    this.process.begin();
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
    const open = new Set(partitionBlocks(bodies, this.world.partitions, first.meaning));
    for (const block of open)
      this.append(block, 1, () => {
        open.delete(block);
        if (open.size === 0) for (const { confirm } of together) confirm();
      });
  }

  private append(block: PartitionBlock, attempt: number, done: () => void): void {
    const { log } = this.world;
    let isDone = false;
    const confirm = this.process.receiver(() => {
      if (!isDone) done();
      isDone = true;
    });
    this.world.network.send(() =>
      log.append(block.partition, block.record, () => this.world.network.send(confirm)),
    );
    if (attempt === TRIES) return;
    this.process.later(ANSWER_WITHIN_MS, () => {
      if (!isDone) this.process.later(PAUSE_MS, () => this.append(block, attempt + 1, done));
    });
  }
}
