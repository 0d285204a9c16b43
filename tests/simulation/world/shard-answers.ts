import type { shardProxy } from '@tally/contracts';
import { OffsetSet, type Answer, type FlushOutcome, type ShardCoverage } from '@tally/counting';
import type { Random } from '../../failure/traffic/random.js';
import type { ProcessorFaults } from './processor-faults.js';
import type { SimulatedLog } from './simulated-log.js';
import type { SimulatedShard } from './simulated-shard.js';

export interface ShardAnswersOptions {
  readonly shards: readonly SimulatedShard[];
  readonly log: SimulatedLog;
  readonly faults: ProcessorFaults;
  readonly random: Random;
}

/** What shards answer a processor, on their side of the network; undefined: nothing. */
export class ShardAnswers {
  /** Shards that it went on without since its process began. */
  private readonly wereAbsent = new Set<number>();

  constructor(private readonly options: ShardAnswersOptions) {}

  /** It goes on without this shard. */
  miss(shard: number): void {
    this.wereAbsent.add(shard);
  }

  /** A new process. */
  forget(): void {
    this.wereAbsent.clear();
  }

  coverage(
    number: number,
    epoch: number,
    partitions: readonly number[],
  ): Answer<ShardCoverage> | undefined {
    const shard = this.options.shards[number];
    if (shard?.isUp !== true) return undefined;
    if (shard.epoch !== epoch) return { kind: 'stale_epoch' };
    const value = this.coverageOf(shard, partitions);
    return { kind: 'answer', value, losses: this.lossesOf(shard), ...this.identityOf(shard) };
  }

  flush(number: number, request: shardProxy.ApplyDeltaRequest): FlushOutcome | undefined {
    const { shards, faults, random } = this.options;
    const shard = shards[number];
    if (shard?.isUp !== true) return undefined;
    const { rows, seriesNames, sketches } = request;
    const bytes = rows.length + seriesNames.length + (sketches?.length ?? 0);
    if (bytes > shard.maxMessageBytes)
      return faults.repeatsTooLarge ? { kind: 'retry' } : { kind: 'rebuild', why: 'too_large' };
    // It may have done what it was asked all the same.
    if (shard.isOdd && random.chance(50)) return { kind: 'halt', reason: 'an odd answer' };
    const verdict = shard.apply(request);
    if (shard.isOdd) return { kind: 'halt', reason: 'an odd answer' };
    if (verdict === 'overlap' || verdict === 'stale_epoch')
      return { kind: 'rebuild', why: verdict };
    return { kind: verdict, ...this.identityOf(shard) };
  }

  private coverageOf(shard: SimulatedShard, partitions: readonly number[]): ShardCoverage {
    const { log, faults } = this.options;
    const covered = shard.covered(partitions);
    const { beginsAtEnd, forgetsAbsence } = faults;
    if (!beginsAtEnd && !(forgetsAbsence && this.wereAbsent.has(shard.shard))) return covered;
    for (const [partition, { high }] of log.bounds() ?? []) covered.get(partition)?.add(0n, high);
    return covered;
  }

  private lossesOf(shard: SimulatedShard): ShardCoverage {
    const { log, faults } = this.options;
    const losses = shard.lossesNow();
    if (!faults.takesAnyBeginning) return losses;
    for (const [partition, { low }] of log.bounds() ?? []) {
      const given = losses.get(partition) ?? [];
      // More than that is still news: who is halted for another reason goes on when it is accepted.
      if (low > 1n) losses.set(partition, new OffsetSet([...given, { from: low - 1n, to: low }]));
    }
    return losses;
  }

  private identityOf({ timelineId }: SimulatedShard): { readonly identity?: string } {
    return this.options.faults.ignoresIdentity ? {} : { identity: String(timelineId) };
  }
}
