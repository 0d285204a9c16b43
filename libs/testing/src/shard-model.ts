import { decodeDeltaRows, decodeSeriesNames, type shardProxy } from '@tally/contracts';
import { OffsetSet, type ShardCoverage } from '@tally/counting';
import { SketchModel } from './sketch-model.js';

/** What became of a delta. */
export type Verdict = 'applied' | 'already_applied' | 'overlap' | 'stale_epoch';

/** What became of dead events. */
export type Settled = 'settled' | 'closed' | 'stale_epoch';

/** Protections that a test takes away, to see that it fails without them. */
export interface ShardFaults {
  /** A delta is applied whatever is covered already. */
  readonly ignoresCoverage: boolean;
  /** A delta of which a part is covered is applied whole. */
  readonly appliesOverlap: boolean;
  /** An instant is taken whatever is covered. */
  readonly trustsInstants: boolean;
  /** Sketches are added outside of the transaction: whatever is covered already. */
  readonly sketchesAlways: boolean;
  /** Dead events are counted whether they are open or not. */
  readonly settlesAgain?: boolean;
}

interface State {
  readonly coverage: Map<number, OffsetSet>;
  /** By series id, hex. */
  readonly counts: Map<string, bigint>;
  readonly names: Map<string, string>;
  readonly instants: Map<number, number>;
  /** By partition: what a person gave up. */
  readonly losses: Map<number, OffsetSet>;
  readonly sketches: SketchModel;
  /** By `partition/offset/index`: dead events that it was told of, and whether they are settled. */
  readonly dead: Map<string, 'open' | 'settled'>;
}

const NO_FAULTS: ShardFaults = {
  ignoresCoverage: false,
  appliesOverlap: false,
  trustsInstants: false,
  sketchesAlways: false,
};

/**
 * One shard in memory, by the rule of the SQL (libs/count-store), to which a property test holds it:
 * a delta changes counters, sketches, coverage and instants together, or nothing. Counts alone, not sums.
 */
export class ShardModel {
  private state: State = emptyState();
  private saved: State = emptyState();
  /** Of the shard map that it has heard of. */
  epoch = 1;
  /** Grows when another database answers for it. */
  timelineId = 1;

  constructor(
    readonly shard: number,
    private readonly faults: ShardFaults = NO_FAULTS,
    /** Told of each series whose count has changed. */
    private readonly onCount: (series: string, count: bigint) => void = () => undefined,
  ) {}

  /** Folds it in, if nothing of it is covered. */
  apply(request: shardProxy.ApplyDeltaRequest): Verdict {
    if (request.epoch !== String(this.epoch)) return 'stale_epoch';
    const ranges = rangesOf(request);
    if (this.faults.sketchesAlways) this.state.sketches.add(request);
    const { coverage } = this.state;
    const covered = ({ partition }: Range) => coverage.get(partition) ?? new OffsetSet();
    const isContained = (range: Range) => covered(range).firstMissing(range.from) >= range.to;
    const isDisjoint = (range: Range) =>
      [...covered(range)].every(({ from, to }) => to <= range.from || range.to <= from);
    if (!this.faults.ignoresCoverage && ranges.length > 0) {
      if (ranges.every(isContained)) {
        this.learn(request);
        return 'already_applied';
      }
      if (!ranges.every(isDisjoint) && !this.faults.appliesOverlap) return 'overlap';
    }
    this.fold(request, ranges);
    this.learn(request);
    return 'applied';
  }

  /** Whether this dead event was told of, and is not settled. */
  isOpen(partition: number, offset: bigint, index: number): boolean {
    return this.state.dead.get(`${partition}/${offset}/${index}`) === 'open';
  }

  /** Counts dead events, if all of them are open. */
  settle(request: shardProxy.SettleDeadEventsRequest): Settled {
    const { epoch, events } = request;
    if (epoch !== String(this.epoch)) return 'stale_epoch';
    const { dead } = this.state;
    const keys = events.flatMap(keysOf);
    const isOpen = keys.every((key) => dead.get(key) === 'open');
    if (!isOpen && this.faults.settlesAgain !== true) return 'closed';
    for (const key of keys) dead.set(key, 'settled');
    this.count(request);
    return 'settled';
  }

  /** Books that these records are gone, and covers what of them was not covered. */
  acceptLoss(partition: number, from: bigint, to: bigint): void {
    for (const ranges of [this.state.coverage, this.state.losses]) {
      const offsets = ranges.get(partition) ?? new OffsetSet();
      offsets.add(from, to);
      ranges.set(partition, offsets);
    }
  }

  /** What was given up, by partition. */
  get losses(): ShardCoverage {
    return this.state.losses;
  }

  /** A copy of what it covers of these partitions. */
  covered(partitions: readonly number[]): ShardCoverage {
    return new Map(
      partitions.map((partition) => [
        partition,
        new OffsetSet(this.state.coverage.get(partition) ?? []),
      ]),
    );
  }

  /** A series is called by its subject, followed by its dimensions if it has any. 0: never heard of. */
  countOf(series: string): bigint {
    const { names, counts } = this.state;
    for (const [id, name] of names) if (name === series) return counts.get(id) ?? 0n;
    return 0n;
  }

  /** Counts of all series, and the instant that all partitions have reached. */
  read(partitions: number): {
    readonly counts: ReadonlyMap<string, bigint>;
    readonly asOfMs: number | undefined;
  } {
    const { names, counts, instants } = this.state;
    return {
      counts: new Map([...counts].map(([id, count]) => [names.get(id) ?? id, count])),
      asOfMs: instants.size === partitions ? Math.min(...instants.values()) : undefined,
    };
  }

  /** In hexadecimal, by series, minute and attribute. */
  get sketches(): ReadonlyMap<string, string> {
    const { names, sketches } = this.state;
    return sketches.read((id) => names.get(id) ?? id);
  }

  /** Up to when this partition is complete; undefined: nobody said. */
  instantOf(partition: number): number | undefined {
    return this.state.instants.get(partition);
  }

  /** Forgets everything, as a shard that was made anew. */
  clear(): void {
    this.state = emptyState();
  }

  /** Remembers everything as it is now. */
  save(): void {
    this.saved = copyOf(this.state);
  }

  /** The first offset that the saved state lacks. */
  savedUpTo(partition: number): bigint {
    return this.saved.coverage.get(partition)?.firstMissing(0n) ?? 0n;
  }

  /** Becomes what it was when it was saved, as after a fail-over that lost commits. */
  restore(): void {
    this.state = copyOf(this.saved);
  }

  /** Another database answers from now on: a copy of what it was when it was saved. */
  promote(): void {
    this.restore();
    this.timelineId += 1;
  }

  private fold(request: shardProxy.ApplyDeltaRequest, ranges: readonly Range[]): void {
    const { coverage, dead } = this.state;
    for (const { partition, from, to } of ranges) {
      const covered = coverage.get(partition) ?? new OffsetSet();
      covered.add(from, to);
      coverage.set(partition, covered);
    }
    for (const key of request.dead.flatMap(keysOf)) dead.set(key, 'open');
    this.count(request, this.faults.sketchesAlways);
  }

  private count(
    adding: Pick<shardProxy.ApplyDeltaRequest, 'rows' | 'seriesNames' | 'sketches'>,
    areSketchesThere = false,
  ): void {
    const { rows, seriesNames } = adding;
    const { counts, names, sketches } = this.state;
    if (!areSketchesThere) sketches.add(adding);
    for (const { id, subject, dimensions } of decodeSeriesNames(Buffer.from(seriesNames)) ?? [])
      names.set(Buffer.from(id).toString('hex'), `${subject}${dimensions}`);
    for (const row of decodeDeltaRows(Buffer.from(rows)) ?? []) {
      const id = Buffer.from(row.series).toString('hex');
      const count = (counts.get(id) ?? 0n) + row.count;
      counts.set(id, count);
      this.onCount(names.get(id) ?? id, count);
    }
  }

  /** An instant is taken only where all below its position is covered. */
  private learn({ instants }: shardProxy.ApplyDeltaRequest): void {
    for (const { partition, asOfMs, position } of instants) {
      const at = partition?.partition ?? -1;
      const missing = this.state.coverage.get(at)?.firstMissing(0n) ?? 0n;
      if (!this.faults.trustsInstants && missing < BigInt(position)) continue;
      this.state.instants.set(at, Math.max(this.state.instants.get(at) ?? 0, Number(asOfMs)));
    }
  }
}

function keysOf({ partition, offset, indexes }: shardProxy.DeadRecord): string[] {
  return indexes.flatMap(({ from, to }) =>
    Array.from(
      { length: to - from },
      (_, index) => `${partition?.partition}/${offset}/${from + index}`,
    ),
  );
}

interface Range {
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

function rangesOf({ ranges }: shardProxy.ApplyDeltaRequest): Range[] {
  return ranges.flatMap(({ partition, ranges: parts }) =>
    parts.map(({ from, to }) => ({
      partition: partition?.partition ?? -1,
      from: BigInt(from),
      to: BigInt(to),
    })),
  );
}

function emptyState(): State {
  return {
    coverage: new Map(),
    counts: new Map(),
    names: new Map(),
    instants: new Map(),
    losses: new Map(),
    sketches: new SketchModel(),
    dead: new Map(),
  };
}

function copyOf({ coverage, counts, names, instants, losses, sketches, dead }: State): State {
  const copy = (ranges: ReadonlyMap<number, OffsetSet>) =>
    new Map([...ranges].map(([partition, set]) => [partition, new OffsetSet(set)]));
  return {
    coverage: copy(coverage),
    losses: copy(losses),
    counts: new Map(counts),
    names: new Map(names),
    instants: new Map(instants),
    sketches: new SketchModel(sketches),
    dead: new Map(dead),
  };
}
