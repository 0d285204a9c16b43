import { decodeDeltaRows, decodeSeriesNames, type shardProxy } from '@tally/contracts';
import { OffsetSet } from '@tally/counting';
import { Refusal } from '@tally/testing/stub-service';

/** What a shard says instead of doing what it was asked. */
export type Instead = (request: shardProxy.ApplyDeltaRequest) => shardProxy.ApplyDeltaResponse;

interface FakeShard {
  readonly coverage: Map<number, OffsetSet>;
  /** By subject. */
  readonly counts: Map<string, bigint>;
  readonly names: Map<string, string>;
  readonly instants: Map<number, number>;
}

/**
 * All shards as cluster-proxy shows them, by the rule of the real ones: a delta whose ranges are
 * disjoint from coverage is applied, one whose ranges are all covered is done, any other is refused.
 */
export class FakeShards {
  epoch = 1;
  readonly requests: shardProxy.ApplyDeltaRequest[] = [];
  /** Each used once, by the next flushes of that shard. */
  readonly instead = new Map<number, Instead[]>();
  /** How many times each shard was asked what it covers. */
  readonly coverageAsked = new Map<number, number>();
  private readonly shards = new Map<number, FakeShard>();

  readonly handlers = {
    ApplyDelta: async (request: shardProxy.ApplyDeltaRequest) => this.apply(request),
    GetCoverage: async (request: shardProxy.GetCoverageRequest) => this.coverageOf(request),
  };

  /** All shards together, by subject. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const shard of this.shards.values())
      for (const [subject, count] of shard.counts)
        counts[subject] = (counts[subject] ?? 0) + Number(count);
    return counts;
  }

  shard(shard: number): FakeShard {
    const known = this.shards.get(shard);
    if (known !== undefined) return known;
    const made = {
      coverage: new Map<number, OffsetSet>(),
      counts: new Map<string, bigint>(),
      names: new Map<string, string>(),
      instants: new Map<number, number>(),
    };
    this.shards.set(shard, made);
    return made;
  }

  /** The next flush to this shard gets that answer. */
  once(shard: number, instead: Instead): void {
    this.instead.set(shard, [...(this.instead.get(shard) ?? []), instead]);
  }

  private apply(request: shardProxy.ApplyDeltaRequest): shardProxy.ApplyDeltaResponse {
    this.requests.push(request);
    const instead = this.instead.get(request.shard)?.shift();
    return instead === undefined ? this.applyNow(request) : instead(request);
  }

  /** By the rule alone, whatever the test wants instead. */
  applyNow(request: shardProxy.ApplyDeltaRequest): shardProxy.ApplyDeltaResponse {
    if (request.epoch !== String(this.epoch)) throw new Refusal('stale_epoch');
    const shard = this.shard(request.shard);
    const ranges = rangesOf(request);
    const covered = ({ partition }: Range) => shard.coverage.get(partition) ?? new OffsetSet();
    const isContained = (range: Range) => covered(range).firstMissing(range.from) >= range.to;
    const isDisjoint = (range: Range) =>
      [...covered(range)].every(({ from, to }) => to <= range.from || range.to <= from);
    if (ranges.length > 0 && ranges.every(isContained))
      return answer('APPLY_OUTCOME_ALREADY_APPLIED');
    if (!ranges.every(isDisjoint)) return answer('APPLY_OUTCOME_OVERLAP');
    add(shard, request, ranges);
    return answer('APPLY_OUTCOME_APPLIED');
  }

  private coverageOf(request: shardProxy.GetCoverageRequest): shardProxy.GetCoverageResponse {
    this.coverageAsked.set(request.shard, (this.coverageAsked.get(request.shard) ?? 0) + 1);
    if (request.epoch !== String(this.epoch)) throw new Refusal('stale_epoch');
    const { coverage } = this.shard(request.shard);
    return {
      timelineId: 1,
      systemIdentifier: '1',
      coverage: request.partitions.map((partition) => ({
        partition,
        ranges: [...(coverage.get(partition.partition) ?? [])].map(({ from, to }) => ({
          from: String(from),
          to: String(to),
        })),
      })),
    };
  }
}

function add(
  shard: FakeShard,
  { rows, seriesNames, instants }: shardProxy.ApplyDeltaRequest,
  ranges: readonly Range[],
): void {
  for (const { partition, from, to } of ranges) {
    const covered = shard.coverage.get(partition) ?? new OffsetSet();
    covered.add(from, to);
    shard.coverage.set(partition, covered);
  }
  for (const { id, subject } of decodeSeriesNames(Buffer.from(seriesNames)) ?? [])
    shard.names.set(Buffer.from(id).toString('hex'), subject);
  for (const row of decodeDeltaRows(Buffer.from(rows)) ?? []) {
    const subject = shard.names.get(Buffer.from(row.series).toString('hex')) ?? 'nobody';
    shard.counts.set(subject, (shard.counts.get(subject) ?? 0n) + row.count);
  }
  for (const { partition, asOfMs } of instants)
    shard.instants.set(partition?.partition ?? -1, Number(asOfMs));
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

function answer(outcome: shardProxy.ApplyOutcome): shardProxy.ApplyDeltaResponse {
  return { outcome, uncovered: [] };
}
