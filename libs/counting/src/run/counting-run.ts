import type { EventTypeDefinition, PartitionBounds } from '@tally/contracts';
import type { EventsTopic, ShardMap } from '@tally/placement';
import type { BlockRecord } from '../aggregate/block-record.js';
import { PartitionCounter, type CountingRules } from '../aggregate/partition-counter.js';
import type { ShardDelta } from '../aggregate/shard-delta.js';
import { SeriesCache } from '../series/series-cache.js';
import { AcceptedLosses } from './accepted-losses.js';
import { CoverageCheck } from './coverage-check.js';
import { PartitionReading } from './partition-reading.js';
import type { Answer, FlushOutcome, RunAction, ShardCoverage } from './run-action.js';
import { RunStart, type PartitionStart } from './run-start.js';
import { ShardFlushes, type Instants, type Positions } from './shard-flushes.js';

/** What is counted, by which rules and within which bounds. */
export interface CountingRunOptions {
  readonly topic: EventsTopic;
  /** Partitions of the topic that this run counts. */
  readonly partitions: readonly number[];
  readonly shardMap: ShardMap;
  /** What a type means in that version of the registry. */
  readonly definition: (
    project: string,
    type: string,
    registryVersion: number,
  ) => EventTypeDefinition;
  /** Whether that version is known here, so that `definition` has an answer. */
  readonly knowsVersion: (registryVersion: number) => boolean;
  /** Rows for one shard that are flushed before the next tick. */
  readonly flushRows: number;
  /** How much this clock may be ahead of the log's. */
  readonly maxClockSkewMs: number;
  /** Time between two comparisons of what a shard covers with what it had confirmed. */
  readonly verifyIntervalMs: number;
  /** Most series that are remembered. */
  readonly maxSeries: number;
  readonly startedAtMs: number;
  /** Told what the run asks for; must not call back into the run before it returns. */
  readonly emit: (action: RunAction) => void;
}

/**
 * Counts some partitions, from what the shards cover to the end of the log: a machine without clock,
 * network or promise. What happens is told to it by its methods; what it wants done comes out as
 * actions. The same calls make the same actions, so every schedule of faults can be played to it.
 *
 * It ends with `rebuild` when what was summed up is worth nothing any more, and does nothing then.
 */
export class CountingRun {
  private readonly start: RunStart;
  private readonly check: CoverageCheck;
  private readonly shards = new Map<number, ShardFlushes>();
  private readonly readings = new Map<number, PartitionReading>();
  private readonly halted = new Set<number>();
  private readonly losses = new AcceptedLosses();
  private readonly rules: CountingRules;
  private phase: 'starting' | 'counting' | 'ended' = 'starting';
  private isPaused = false;
  /** When time passed last, so rather early. */
  private nowMs: number;
  /** When the log was asked for its end, while that is not answered. */
  private endAskedAtMs: number | undefined;

  constructor(private readonly options: CountingRunOptions) {
    const { shardMap, maxSeries, definition, topic, partitions, emit } = options;
    const { epoch, shards } = shardMap;
    this.nowMs = options.startedAtMs;
    this.rules = { shardMap, series: new SeriesCache(maxSeries), definition };
    this.start = new RunStart({ shards, partitions, losses: this.losses, emit });
    const { verifyIntervalMs: intervalMs, startedAtMs } = options;
    this.check = new CoverageCheck({ shards, intervalMs, startedAtMs, emit });
    for (const shard of shards)
      this.shards.set(shard, new ShardFlushes({ shard, epoch, topic: topic.name, emit }));
  }

  /** Partitions that are not read until a person has looked. */
  get haltedPartitions(): number {
    return this.halted.size;
  }

  /**
   * Time has passed: once at the beginning, then at intervals. Asks again what was not answered, and
   * once it counts, where the log ends: that answer makes the flushes go.
   */
  tick(nowMs: number): void {
    this.nowMs = nowMs;
    switch (this.phase) {
      case 'starting':
        return this.start.ask();
      case 'counting':
        for (const reading of this.readings.values()) reading.ask();
        if (this.endAskedAtMs !== undefined) return;
        this.endAskedAtMs = nowMs;
        this.options.emit({ kind: 'ask-bounds' });
        return;
      case 'ended':
    }
  }

  onCoverage(shard: number, answer: Answer<ShardCoverage>, nowMs: number): void {
    if (this.phase === 'ended') return;
    if (answer.kind === 'stale_epoch') return this.rebuild('another shard map is in force');
    const coverage = answer.kind === 'answer' ? answer.value : undefined;
    const losses = answer.kind === 'answer' ? answer.losses : undefined;
    // Seen before any partition is halted, a loss is part of what the run begins with.
    if (this.losses.learn(shard, losses, this.halted))
      return this.rebuild('somebody accepted that records are gone');
    if (this.phase === 'starting') return this.start.onCoverage(shard, coverage);
    const lost = this.check.onCoverage(shard, coverage, nowMs);
    if (lost !== undefined)
      this.rebuild(`shard ${shard} lacks offset ${lost.offset} of partition ${lost.partition}`);
  }

  /** @param bounds By partition; undefined: the log did not answer, and instants stand still. */
  onBounds(bounds: ReadonlyMap<number, PartitionBounds> | undefined): void {
    if (this.phase === 'starting') {
      const starts = this.start.onBounds(bounds);
      if (starts !== undefined) this.begin(starts);
      return;
    }
    const askedAtMs = this.endAskedAtMs;
    this.endAskedAtMs = undefined;
    if (this.phase === 'ended' || askedAtMs === undefined) return;
    this.haltEmptied(bounds);
    const instants = this.instants(bounds, askedAtMs);
    for (const [number, shard] of this.shards) {
      if (!shard.isFlying) shard.flush(instants, this.positions());
      this.check.askIfDue(number, shard.confirmedPositions, askedAtMs);
    }
  }

  /** @param offset Where the dedup window begins; undefined: the log did not answer. */
  onOffsetAt(partition: number, offset: bigint | undefined): void {
    if (this.phase !== 'counting') return;
    const reason = this.readings.get(partition)?.onOffsetAt(offset);
    if (reason !== undefined) this.halt(partition, reason);
  }

  /** The next records of a partition, in order and without a gap. */
  onRecords(partition: number, records: readonly BlockRecord[]): void {
    if (this.phase !== 'counting') return;
    this.readings.get(partition)?.onRecords(records, this.deltas());
    this.flushLarge();
  }

  /** @param isKnown False: that version of the registry is nowhere. */
  onVersion(partition: number, isKnown: boolean): void {
    if (this.phase !== 'counting') return;
    const problem = this.readings.get(partition)?.onVersion(isKnown);
    if (problem !== undefined) this.halt(partition, problem);
  }

  /** The log did not go on where it should. */
  onSkipped(partition: number, expected: bigint, got: bigint): void {
    if (this.phase !== 'counting') return;
    this.halt(partition, `expected offset ${expected}, the log went on at ${got}`);
  }

  /** The log cannot read the record there. */
  onDamaged(partition: number, offset: bigint): void {
    if (this.phase !== 'counting') return;
    this.halt(
      partition,
      `the log cannot read the record with offset ${offset}, see the runbook damaged-log`,
    );
  }

  onFlushed(shard: number, outcome: FlushOutcome): void {
    if (this.phase !== 'counting') return;
    switch (this.shards.get(shard)?.onFlushed(outcome)) {
      case 'rebuild':
        return this.rebuild(
          outcome === 'stale_epoch'
            ? 'another shard map is in force'
            : `shard ${shard} covers a part of the flush already`,
        );
      case 'settled':
        return this.resumeWhenNoneIsBehind();
      case 'sent-again':
      case undefined:
    }
  }

  /** Nothing comes out of it any more. */
  end(): void {
    this.phase = 'ended';
  }

  private begin(starts: readonly PartitionStart[]): void {
    this.phase = 'counting';
    for (const start of starts) this.beginPartition(start);
    this.options.emit({ kind: 'begun', partitions: this.readings.size });
  }

  private beginPartition({ partition, bounds, covered, point }: PartitionStart): void {
    if (point.kind === 'contradiction') return this.halt(partition, point.reason);
    const { topic, knowsVersion, emit } = this.options;
    const { dedupWindowMs } = topic;
    const reading = new PartitionReading({
      partition,
      start: point.offset,
      low: bounds.low,
      isLossAccepted: this.losses.reachTo(partition, bounds.low),
      dedupWindowMs,
      newCounter: () => new PartitionCounter(partition, dedupWindowMs, covered, this.rules),
      knowsVersion,
      emit,
    });
    this.readings.set(partition, reading);
  }

  /** Flushes what has grown large; stops reading while a shard is behind. */
  private flushLarge(): void {
    for (const shard of this.shards.values()) {
      if (shard.delta.rows < this.options.flushRows) continue;
      if (!shard.isFlying) shard.flush(this.instants(undefined, 0), this.positions());
      else if (!this.isPaused) {
        this.isPaused = true;
        this.options.emit({ kind: 'pause' });
      }
    }
  }

  private resumeWhenNoneIsBehind(): void {
    const { flushRows, emit } = this.options;
    const isBehind = (shard: ShardFlushes) => shard.isFlying && shard.delta.rows >= flushRows;
    if (!this.isPaused || [...this.shards.values()].some(isBehind)) return;
    this.isPaused = false;
    emit({ kind: 'resume' });
  }

  /**
   * Up to when each partition is complete if all that was read is flushed: the moment the log was
   * asked for its end, less what clocks may differ, if that end was reached; else the append time of
   * the last record, for the next is not older; but never a moment that has not come.
   */
  private instants(
    bounds: ReadonlyMap<number, PartitionBounds> | undefined,
    askedAtMs: number,
  ): Instants {
    const instants = new Map<number, number>();
    const latestMs = this.nowMs - this.options.maxClockSkewMs;
    for (const [partition, { position, appendMs }] of this.readings) {
      if (position === undefined) continue;
      const end = bounds?.get(partition)?.high;
      if (end !== undefined && position >= end)
        instants.set(partition, askedAtMs - this.options.maxClockSkewMs);
      else if (appendMs > 0) instants.set(partition, Math.min(appendMs, latestMs));
    }
    return instants;
  }

  /** A log that was emptied has no record by which a reader would see that it missed some. */
  private haltEmptied(bounds: ReadonlyMap<number, PartitionBounds> | undefined): void {
    for (const [partition, { awaited }] of this.readings) {
      const { low, high } = bounds?.get(partition) ?? { low: 0n, high: 1n };
      if (low === high && awaited < low)
        this.halt(partition, `offset ${awaited} was not read, but the log begins at ${low}`);
    }
  }

  private positions(): Positions {
    const positions = new Map<number, bigint>();
    for (const [partition, { position }] of this.readings)
      if (position !== undefined) positions.set(partition, position);
    return positions;
  }

  private deltas(): ReadonlyMap<number, ShardDelta> {
    return new Map([...this.shards].map(([shard, { delta }]) => [shard, delta]));
  }

  /** Not skipped, not guessed: a person has to look at it. */
  private halt(partition: number, reason: string): void {
    this.readings.delete(partition);
    this.halted.add(partition);
    this.options.emit({ kind: 'halt', partition, reason });
  }

  private rebuild(reason: string): void {
    this.phase = 'ended';
    this.options.emit({ kind: 'rebuild', reason });
  }
}
