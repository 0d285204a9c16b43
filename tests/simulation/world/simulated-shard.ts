import { decodeDeltaRows, decodeSeriesNames, type shardProxy } from '@tally/contracts';
import { OffsetSet, type FlushOutcome, type ShardCoverage } from '@tally/counting';

export interface ShardFaults {
  /** Control: a delta is applied whatever is covered already. */
  ignoresCoverage: boolean;
  /** Control: a delta of which a part is covered is applied whole. */
  appliesOverlap: boolean;
}

interface State {
  readonly coverage: Map<number, OffsetSet>;
  /** By series id, hex. */
  readonly counts: Map<string, bigint>;
  readonly names: Map<string, string>;
  readonly instants: Map<number, number>;
}

/** One shard: a delta changes counters, coverage and instants together, or nothing. */
export class SimulatedShard {
  private state: State = emptyState();
  private saved: State = emptyState();
  epoch = 1;
  isUp = true;

  constructor(
    readonly shard: number,
    private readonly faults: ShardFaults,
    /** Told of each subject whose count has changed. */
    private readonly onCount: (subject: string, count: bigint) => void,
  ) {}

  apply(request: shardProxy.ApplyDeltaRequest): FlushOutcome {
    if (request.epoch !== String(this.epoch)) return 'stale_epoch';
    const ranges = rangesOf(request);
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

  covered(partitions: readonly number[]): ShardCoverage {
    return new Map(
      partitions.map((partition) => [
        partition,
        new OffsetSet(this.state.coverage.get(partition) ?? []),
      ]),
    );
  }

  countOf(subject: string): bigint {
    const { names, counts } = this.state;
    for (const [id, name] of names) if (name === subject) return counts.get(id) ?? 0n;
    return 0n;
  }

  /** Counts of all subjects, and the instant that all partitions have reached. */
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

  /** Remembers everything as it is now. */
  save(): void {
    this.saved = copyOf(this.state);
  }

  /** Becomes what it was when it was saved, as after a fail-over that lost commits. */
  restore(): void {
    this.state = copyOf(this.saved);
  }

  private fold({ rows, series }: shardProxy.ApplyDeltaRequest, ranges: readonly Range[]): void {
    const { coverage, counts, names } = this.state;
    for (const { partition, from, to } of ranges) {
      const covered = coverage.get(partition) ?? new OffsetSet();
      covered.add(from, to);
      coverage.set(partition, covered);
    }
    for (const { id, subject } of decodeSeriesNames(Buffer.from(series)) ?? [])
      names.set(Buffer.from(id).toString('hex'), subject);
    for (const row of decodeDeltaRows(Buffer.from(rows)) ?? []) {
      const id = Buffer.from(row.series).toString('hex');
      const count = (counts.get(id) ?? 0n) + row.count;
      counts.set(id, count);
      this.onCount(names.get(id) ?? id, count);
    }
  }

  private learn({ instants }: shardProxy.ApplyDeltaRequest): void {
    for (const { partition, asOfMs } of instants) {
      const at = partition?.partition ?? -1;
      this.state.instants.set(at, Math.max(this.state.instants.get(at) ?? 0, Number(asOfMs)));
    }
  }
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
  return { coverage: new Map(), counts: new Map(), names: new Map(), instants: new Map() };
}

function copyOf({ coverage, counts, names, instants }: State): State {
  return {
    coverage: new Map([...coverage].map(([partition, set]) => [partition, new OffsetSet(set)])),
    counts: new Map(counts),
    names: new Map(names),
    instants: new Map(instants),
  };
}
