import type { EventTypeDefinition, PartitionBounds } from '@tally/contracts';
import type { EventsTopic, ShardMap } from '@tally/placement';
import type { BlockRecord } from '../aggregate/block-record.js';
import { PartitionCounter, type CountingRules } from '../aggregate/partition-counter.js';
import { SeriesTable } from '../series/series-table.js';
import { AcceptedLosses } from './accepted-losses.js';
import { CountedShards } from './counted-shards.js';
import { CoverageCheck } from './coverage-check.js';
import type { LogTime } from './log-time.js';
import { PartitionReading } from './partition-reading.js';
import type { Answer, FlushOutcome, RebuildCause, RunAction, ShardCoverage } from './run-action.js';
import { RunStart, type PartitionStart } from './run-start.js';
import type { Instants, Positions } from './shard-flushes.js';
import type { ShardRoster } from './shard-roster.js';
import { WindowMemory } from './window-memory.js';

type Bounds = ReadonlyMap<number, PartitionBounds>;

/** What a shard says that does not answer. */
const NOTHING = { value: undefined, losses: undefined, identity: undefined };

/** What is counted, by which rules and within which bounds. */
export interface CountingRunOptions {
  readonly topic: EventsTopic;
  /** Partitions of the topic that this run counts. */
  readonly partitions: readonly number[];
  readonly shardMap: ShardMap;
  /** What is known of the shards from run to run; bounds the bytes of their flushes. */
  readonly roster: ShardRoster;
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
  /**
   * How long the others wait for a shard that does not answer: at the start, or when nothing is read
   * because too much waits for it.
   */
  readonly shardPatienceMs: number;
  /** What this clock says of the log's, as it is known from run to run. */
  readonly logTime: LogTime;
  /** Time between two comparisons of what a shard covers with what it had confirmed. */
  readonly verifyIntervalMs: number;
  /** Most series that are remembered. */
  readonly maxSeries: number;
  /** Most bytes of the dedup windows of all its partitions; a record more at most. */
  readonly maxWindowBytes: number;
  readonly startedAtMs: number;
  /** Told what the run asks for; must not call back into the run before it returns. */
  readonly emit: (action: RunAction) => void;
}

/**
 * Counts some partitions, from what the shards cover to the end of the log: a machine without clock,
 * network or promise. What happens is told to it by its methods; what it wants done comes out as
 * actions. The same calls make the same actions, so every schedule of faults can be played to it.
 *
 * It ends with `rebuild` when what was summed up is worth nothing any more, and does nothing then. A
 * shard that does not answer, or answers what nobody foresaw, is absent: nothing is summed up for it,
 * and the others are counted. When it answers again there is a rebuild, which reads what it lacks.
 */
export class CountingRun {
  private readonly start: RunStart;
  private readonly check: CoverageCheck;
  private readonly shards: CountedShards;
  /** Absent shards that were asked what they cover, while they have not answered. */
  private readonly askedAbsent = new Set<number>();
  private readonly readings = new Map<number, PartitionReading>();
  private readonly halted = new Set<number>();
  private readonly losses = new AcceptedLosses();
  private readonly memory: WindowMemory;
  private readonly rules: CountingRules;
  private phase: 'starting' | 'counting' | 'ended' = 'starting';
  /** When time passed last, so rather early. */
  private nowMs: number;
  /** How long it took until all that shards have was read again, in the roster's time. */
  private caughtUpAfterMs: number | undefined;
  private readonly startedAfterMs: number;
  /** When the log was asked for its end, while that is not answered. */
  private endAskedAtMs: number | undefined;
  /** Where it ended then: all from there on was appended later. */
  private ended: { readonly bounds: Bounds; readonly askedAtMs: number } | undefined;
  /** By partition, since the last tick: when a record was appended, and after which question. */
  private readonly fresh = new Map<
    number,
    { readonly afterMs: number; readonly appendMs: number }
  >();

  constructor(private readonly options: CountingRunOptions) {
    const { shardMap, roster, flushRows, shardPatienceMs, maxSeries, definition } = options;
    const { topic, partitions, emit } = options;
    const { epoch, shards } = shardMap;
    this.nowMs = options.startedAtMs;
    this.memory = new WindowMemory(options.maxWindowBytes);
    const series = new SeriesTable(shardMap, maxSeries);
    this.rules = { shardMap, series, definition };
    const { verifyIntervalMs: intervalMs, startedAtMs } = options;
    roster.tick(startedAtMs);
    this.startedAfterMs = roster.elapsedMs;
    const { losses } = this;
    this.start = new RunStart({ shards, partitions, losses, roster, shardPatienceMs, emit });
    this.check = new CoverageCheck({ shards, intervalMs, roster, emit });
    this.shards = new CountedShards({
      epoch,
      topic: topic.name,
      series,
      roster,
      flushRows,
      shardPatienceMs,
      instants: () => this.instants(undefined, 0),
      positions: () => this.positions(),
      emit,
    });
  }

  /** Partitions that are not read until a person has looked. */
  get haltedPartitions(): number {
    return this.halted.size;
  }

  /** Partitions that are not read until there is memory for their dedup windows. */
  get waitingPartitions(): number {
    let waiting = 0;
    for (const { awaitsMemory } of this.readings.values()) if (awaitsMemory) waiting += 1;
    return waiting;
  }

  /** Bytes that the dedup windows need. */
  get windowBytes(): number {
    return this.memory.bytes;
  }

  /** Shards that are not counted now, or have not said yet what they cover when they were asked. */
  get absentShards(): number {
    if (this.phase === 'starting') return this.start.silentShards;
    return this.options.shardMap.shards.length - this.shards.size;
  }

  /** The absent, and those that are counted but have not taken what was flushed last. */
  get silentShards(): number {
    return this.absentShards + this.shards.silent;
  }

  /**
   * Time has passed: once at the beginning, then at intervals. Asks again what was not answered, and
   * once it counts, where the log ends: that answer makes the flushes go.
   */
  tick(nowMs: number): void {
    this.nowMs = nowMs;
    this.options.roster.tick(nowMs);
    for (const { afterMs, appendMs } of this.fresh.values())
      this.options.logTime.learn(appendMs, { afterMs, beforeMs: nowMs });
    this.fresh.clear();
    switch (this.phase) {
      case 'starting':
        return this.start.ask();
      case 'counting':
        this.shards.leaveThoseFarBehind();
        this.noteCaughtUp();
        this.askAbsent();
        for (const reading of this.readings.values()) reading.ask();
        if (this.endAskedAtMs !== undefined) return;
        this.endAskedAtMs = nowMs;
        this.options.emit({ kind: 'ask-bounds' });
        return;
      case 'ended':
    }
  }

  onCoverage(shard: number, answer: Answer<ShardCoverage>): void {
    if (this.phase === 'ended') return;
    if (answer.kind === 'stale_epoch') return this.rebuild('another shard map is in force');
    const { value, losses, identity } = answer.kind === 'answer' ? answer : NOTHING;
    // Seen before any partition is halted, a loss is part of what the run begins with.
    if (this.losses.learn(shard, losses, this.halted))
      return this.rebuild('somebody accepted that records are gone');
    if (this.phase === 'starting') {
      this.check.learn(shard, identity);
      if (value !== undefined) this.check.begin(shard, value);
      return this.start.onCoverage(shard, value);
    }
    const confirmed = this.shards.confirmedOf(shard);
    if (confirmed === undefined) return this.onAbsentCoverage(shard, value);
    const lost = this.check.onCoverage(shard, { value, identity }, confirmed);
    if (lost !== undefined)
      this.rebuild(`shard ${shard} lacks offset ${lost.offset} of partition ${lost.partition}`);
  }

  /** @param bounds By partition; undefined: the log did not answer, and instants stand still. */
  onBounds(bounds: Bounds | undefined): void {
    if (this.phase === 'starting') {
      const starts = this.start.onBounds(bounds);
      if (starts !== undefined) this.begin(starts);
      return;
    }
    const askedAtMs = this.endAskedAtMs;
    this.endAskedAtMs = undefined;
    if (this.phase === 'ended' || askedAtMs === undefined) return;
    if (bounds !== undefined) this.ended = { bounds, askedAtMs };
    this.haltEmptied(bounds);
    const instants = this.instants(bounds, askedAtMs);
    for (const [shard, confirmed] of this.shards.confirmed()) {
      this.shards.flushNext(shard, instants);
      this.check.askIfDue(shard, confirmed);
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
    const problem = this.readings.get(partition)?.onRecords(records);
    if (problem !== undefined) this.halt(partition, problem);
    this.noteFresh(partition, records.at(-1));
    this.shards.flushLarge();
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
    const after = this.shards.onFlushed(shard, outcome);
    switch (after?.kind) {
      case 'settled':
        return after.isBack
          ? this.check.ask(shard, after.confirmed)
          : this.check.askIfOther(shard, after.identity, after.confirmed);
      case 'rebuild':
        return this.rebuildAfter(shard, after.why);
      case 'leave':
        return this.shards.leave(shard, after.reason);
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
    for (const shard of this.options.shardMap.shards)
      if (this.start.has(shard)) this.shards.join(shard);
      else this.shards.leave(shard, 'it does not say what it covers');
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
      news: [...covered.values()].reduce((most, { end }) => (end > most ? end : most), 0n),
      low: bounds.low,
      isLossAccepted: this.losses.reachTo(partition, bounds.low),
      dedupWindowMs,
      newCounter: () => new PartitionCounter(partition, dedupWindowMs, covered, this.rules),
      deltas: this.shards.deltas,
      knowsVersion,
      hasRoom: () => this.shards.hasRoom(),
      memory: this.memory,
      emit,
    });
    this.readings.set(partition, reading);
  }

  private noteCaughtUp(): void {
    if (this.caughtUpAfterMs !== undefined) return;
    for (const { hasCaughtUp } of this.readings.values()) if (!hasCaughtUp) return;
    this.caughtUpAfterMs = this.options.roster.elapsedMs - this.startedAfterMs;
  }

  private askAbsent(): void {
    const { shardMap, roster, emit } = this.options;
    for (const shard of shardMap.shards) {
      if (this.shards.has(shard) || this.askedAbsent.has(shard) || !roster.asksAgain(shard))
        continue;
      this.askedAbsent.add(shard);
      emit({ kind: 'read-coverage', shard });
    }
  }

  private onAbsentCoverage(shard: number, coverage: ShardCoverage | undefined): void {
    this.askedAbsent.delete(shard);
    if (coverage === undefined || !this.options.roster.rejoins(shard, this.caughtUpAfterMs)) return;
    this.rebuild(`shard ${shard} answers again`);
  }

  /**
   * Up to when each partition is complete if all that was read is flushed: the moment the log was
   * asked for its end, in the log's clock, if that end was reached; else the append time of
   * the last record, for the next is not older; but never a moment that has not come.
   */
  private instants(bounds: Bounds | undefined, askedAtMs: number): Instants {
    const instants = new Map<number, number>();
    const { logTime } = this.options;
    const latestMs = logTime.at(this.nowMs);
    for (const [partition, { position, appendMs }] of this.readings) {
      if (position === undefined) continue;
      const end = bounds?.get(partition)?.high;
      if (end !== undefined && position >= end) instants.set(partition, logTime.at(askedAtMs));
      else if (appendMs > 0) instants.set(partition, Math.min(appendMs, latestMs));
    }
    return instants;
  }

  /** A log that was emptied has no record by which a reader would see that it missed some. */
  private haltEmptied(bounds: Bounds | undefined): void {
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

  private noteFresh(partition: number, record: BlockRecord | undefined): void {
    const high = this.ended?.bounds.get(partition)?.high;
    if (record === undefined || this.ended === undefined || high === undefined) return;
    if (record.offset < high) return;
    const appendMs = Math.max(record.timestampMs, this.readings.get(partition)?.appendMs ?? 0);
    this.fresh.set(partition, { afterMs: this.ended.askedAtMs, appendMs });
  }

  /** Not skipped, not guessed: a person has to look at it. */
  private halt(partition: number, reason: string): void {
    this.readings.delete(partition);
    this.memory.tell(partition, 0);
    this.halted.add(partition);
    this.options.emit({ kind: 'halt', partition, reason });
  }

  private rebuildAfter(shard: number, why: RebuildCause): void {
    switch (why) {
      case 'stale_epoch':
        return this.rebuild('another shard map is in force');
      case 'overlap':
        return this.rebuild(`shard ${shard} covers a part of the flush already`);
      case 'too_large':
        if (this.options.roster.shrinkFlushes(shard))
          return this.rebuild(`a flush to shard ${shard} is too large: the next are smaller`);
        return this.shards.leave(shard, 'a single record is too large for it');
    }
  }

  private rebuild(reason: string): void {
    this.phase = 'ended';
    this.options.emit({ kind: 'rebuild', reason });
  }
}
