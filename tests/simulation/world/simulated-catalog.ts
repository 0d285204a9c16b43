import type { CatalogFields } from '@tally/contracts';
import type { Catalog } from '@tally/counting';
import type { Random } from '../../failure/traffic/random.js';
import { splitOf } from './event-meaning.js';
import type { RecordContent } from './record-content.js';
import type { SimulatedProcess } from './simulated-process.js';
import type { VirtualTime } from './virtual-time.js';

/** How often a reader looks for what is new, and how long an answer takes at most. */
const LOOK_EVERY_MS = 700;
const ANSWERS_WITHIN_MS = 200;
/** Until who makes blocks has heard how far the catalogue goes. */
const HEARD_WITHIN_MS = 1000;
/** Every so many-th record deletes what is known. */
const DELETES_EACH = 4;

export interface CatalogFaults {
  /** Control: a reader answers with what it knows last, whatever position it is asked for. */
  readsNewest: boolean;
  /** Control: a reader says that it has reached what it has not. */
  neverAwaits: boolean;
}

export interface CatalogWorld {
  readonly time: VirtualTime;
  readonly faults: CatalogFaults;
  /** When somebody puts something, in ms from the beginning; none: no type is enriched. */
  readonly puts: readonly number[];
  /** Drawn apart, so that what else happens is as it was without a catalogue. */
  readonly random: Random;
  readonly tell: (line: string) => void;
}

/** The log of a catalogue: who owns all subjects, in the order in which it was put. */
export class SimulatedCatalog {
  private readonly owners: (string | undefined)[] = [];

  constructor(readonly world: CatalogWorld) {}

  /** Whether owners split the counters. */
  get isEnriched(): boolean {
    return this.world.puts.length > 0;
  }

  /** From now on it is put into; whoever makes blocks hears of it late. */
  begin(hear: readonly ((position: bigint) => void)[]): void {
    const { time, puts, random, tell } = this.world;
    for (const atMs of puts)
      time.after(atMs, () => {
        this.put();
        const { position } = this;
        for (const one of hear) time.after(random.between(0, HEARD_WITHIN_MS), () => one(position));
        tell(`the catalogue has ${position} records`);
      });
  }

  /** Behind the last record. */
  get position(): bigint {
    return BigInt(this.owners.length);
  }

  ownerAt(position: bigint): string | undefined {
    return this.owners[Number(position) - 1];
  }

  /** What the events of a record mean, by the rule alone: as `splitOf`. */
  splitOf({ registryVersion, catalogPosition }: RecordContent): string | undefined {
    return splitOf(registryVersion, this.isEnriched, this.ownerAt(catalogPosition));
  }

  /** Another owner, or nobody. */
  private put(): void {
    const { length } = this.owners;
    this.owners.push(length % DELETES_EACH === DELETES_EACH - 1 ? undefined : `o${length}`);
  }
}

/** What one process knows of the catalogue, on its own disk: it reads on in the background, late. */
export class CatalogReader implements Catalog {
  private reached = 0n;
  private readonly random: Random;

  constructor(
    private readonly catalog: SimulatedCatalog,
    private readonly process: SimulatedProcess,
  ) {
    this.random = catalog.world.random;
    this.begin();
  }

  /** A life of the process begins: from what the disk has. */
  begin(): void {
    const look = () => {
      this.reached = this.catalog.position;
      this.process.later(this.random.between(0, LOOK_EVERY_MS), look);
    };
    this.process.later(this.random.between(0, LOOK_EVERY_MS), look);
  }

  /** The process has ended: its disk may have less than it knew, or nothing. */
  loseSome(): void {
    this.reached = BigInt(this.random.between(0, Number(this.reached)));
  }

  reaches(position: bigint): boolean {
    return this.catalog.world.faults.neverAwaits || position <= this.reached;
  }

  fields(_project: string, _subject: string, position: bigint): CatalogFields | undefined {
    const { readsNewest, neverAwaits } = this.catalog.world.faults;
    if (!this.reaches(position)) throw new RangeError(`position ${position} was not read`);
    const isBehind = neverAwaits && position > this.reached;
    const owner = this.catalog.ownerAt(readsNewest || isBehind ? this.reached : position);
    return owner === undefined ? undefined : { owner };
  }

  /** Reads on at once, and says so a little later. */
  await(hear: () => void): void {
    this.process.later(this.random.between(0, ANSWERS_WITHIN_MS), () => {
      this.reached = this.catalog.position;
      hear();
    });
  }
}
