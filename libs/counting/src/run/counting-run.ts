import type { PartitionBounds } from '@tally/contracts';
import type { BlockRecord } from '../aggregate/block-record.js';
import type { CountingRules } from '../aggregate/event-folder.js';
import type { CountedRecord } from '../aggregate/partition-counter.js';
import { DeadEventWrites } from '../dead-events/dead-event-writes.js';
import { DeadLetters, type Standing } from '../letters/dead-letters.js';
import { UnconfirmedRecords } from '../letters/unconfirmed-records.js';
import { SeriesTable } from '../series/series-table.js';
import type { WindowGeneration } from '../snapshots/window-generation.js';
import { AbsentShards } from './absent-shards.js';
import { AcceptedLosses } from './accepted-losses.js';
import { CompleteInstants } from './complete-instants.js';
import { CountedShards } from './counted-shards.js';
import type { CountingRunOptions } from './counting-run-options.js';
import { CoverageCheck } from './coverage-check.js';
import { LogRetention } from './log-retention.js';
import { PartitionReading } from './partition-reading.js';
import { PartitionReadings } from './partition-readings.js';
import { ReadingPause } from './reading-pause.js';
import type { Answer, FlushOutcome, RebuildCause, ShardCoverage } from './run-action.js';
import { RunStart, type PartitionStart } from './run-start.js';
import type { Positions } from './shard-flushes.js';
import { WindowMemory } from './window-memory.js';

type Bounds = ReadonlyMap<number, PartitionBounds>;

/** What a shard says that does not answer. */
const NOTHING: Partial<Extract<Answer<ShardCoverage>, { kind: 'answer' }>> = {};

/**
 * Counts some partitions, from what the shards cover to the end of the log: a machine without clock,
 * network or promise. What happens is told to it by its methods; what it wants done comes out as
 * actions. The same calls make the same actions, so every schedule of faults can be played to it.
 *
 * It ends with `rebuild` when what was summed up is worth nothing any more, and does nothing then. A
 * shard that does not answer, or answers what nobody foresaw, is absent: its events go into dead
 * letters, and the others are counted. When it answers again and its letters have all that it lacks, it
 * is counted on; where they do not, there is a rebuild, which reads what it lacks.
 */
export class CountingRun {
  private readonly start: RunStart;
  private readonly check: CoverageCheck;
  private readonly shards: CountedShards;
  private readonly absent: AbsentShards;
  private readonly letters: DeadLetters;
  private readonly deadEvents: DeadEventWrites;
  private readonly unconfirmed = new UnconfirmedRecords();
  private readonly retention: LogRetention;
  private readonly readings = new PartitionReadings();
  private readonly halted = new Set<number>();
  private readonly losses = new AcceptedLosses();
  private readonly memory: WindowMemory;
  private readonly rules: CountingRules;
  private phase: 'starting' | 'counting' | 'ended' = 'starting';
  private readonly instants: CompleteInstants;

  constructor(private readonly options: CountingRunOptions) {
    const { shardMap, roster, flushRows, shardPatienceMs, maxSeries, definition, catalog } =
      options;
    const { topic, letterIntervalMs, emit } = options;
    const { epoch, shards } = shardMap;
    this.memory = new WindowMemory(options.maxWindowBytes);
    const series = new SeriesTable(shardMap, maxSeries);
    this.rules = { shardMap, series, definition, catalog };
    const { verifyIntervalMs: intervalMs, startedAtMs } = options;
    roster.tick(startedAtMs);
    const { losses, readings, unconfirmed } = this;
    this.instants = new CompleteInstants(options.logTime, readings, startedAtMs);
    const pause = new ReadingPause(emit);
    this.deadEvents = new DeadEventWrites({ pause, emit });
    const afterDurable = (work: () => void) => this.deadEvents.afterDurable(work);
    const intervals = { intervalMs: letterIntervalMs };
    const letters = new DeadLetters({ ...options, ...intervals, pause, afterDurable });
    this.letters = letters;
    this.start = new RunStart({ ...options, shards, losses, letters });
    this.check = new CoverageCheck({ shards, intervalMs, roster, letters, emit });
    this.shards = new CountedShards({
      epoch,
      topic: topic.name,
      series,
      roster,
      flushRows,
      shardPatienceMs,
      instants: () => this.instants.byReading(),
      positions: () => this.readings.positions(),
      unconfirmed,
      pause,
      afterDurable,
      onLeave: (shard, confirmed) => this.writeLetters(shard, confirmed),
      emit,
    });
    const counted = this.shards;
    this.absent = new AbsentShards({ all: shards, counted, letters, roster, readings, emit });
    this.retention = new LogRetention({
      shards,
      keepMs: options.logKeepMs,
      dedupWindowMs: topic.dedupWindowMs,
      elapsedMs: () => roster.elapsedMs,
      latestMs: () => this.instants.latestMs,
      isComplete: () => this.absentShards === 0,
      emit,
    });
  }

  /** Partitions that are not read until a person has looked. */
  get haltedPartitions(): number {
    return this.halted.size;
  }

  /** Partitions that are not read until there is memory for their dedup windows. */
  get waitingPartitions(): number {
    return this.readings.countOf(({ awaitsMemory }) => awaitsMemory);
  }

  /** Partitions that are not read until a later version comes, or it has been waited for long enough. */
  get outdatedPartitions(): number {
    return this.readings.countOf(({ awaitsSchema }) => awaitsSchema);
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
    this.options.roster.tick(nowMs);
    this.instants.tick(nowMs);
    switch (this.phase) {
      case 'starting':
        return this.start.ask();
      case 'counting':
        this.shards.leaveThoseFarBehind();
        this.absent.tick();
        this.letters.flush();
        for (const reading of this.readings.values()) reading.ask();
        if (this.instants.asksEnd()) this.options.emit({ kind: 'ask-bounds' });
        return;
      case 'ended':
    }
  }

  /** @param standing undefined: the dead-letters topic was not read. */
  onLetters(standing: Standing | undefined): void {
    if (this.phase !== 'starting') return;
    if (standing !== undefined) this.letters.learn(standing);
    this.start.onLetters(standing !== undefined);
  }

  /** @param letter Its offset in the dead-letters topic; undefined: the log did not take it. */
  onLetterAppended(partition: number, letter: bigint | undefined): void {
    if (this.phase !== 'counting') return;
    if (letter !== undefined) return this.letters.onAppended(partition, letter);
    const shard = this.letters.onRefused(partition);
    if (this.shards.has(shard))
      this.rebuild(`what shard ${shard} lacks is in no dead letter: the log did not take it`);
  }

  /** @param isTaken Whether the log has that batch of dead events. */
  onDeadEventsAppended(number: number, isTaken: boolean): void {
    if (this.phase === 'counting') this.deadEvents.onAppended(number, isTaken);
  }

  onCoverage(shard: number, answer: Answer<ShardCoverage>): void {
    if (this.phase === 'ended') return;
    if (answer.kind === 'stale_epoch') return this.rebuild('another shard map is in force');
    const { value, losses, identity, firstLetters } = answer.kind === 'answer' ? answer : NOTHING;
    this.letters.forgetDelivered(firstLetters);
    // Seen before any partition is halted, a loss is part of what the run begins with.
    if (this.losses.learn(shard, losses, this.halted))
      return this.rebuild('somebody accepted that records are gone');
    if (this.phase === 'starting') {
      this.check.learn(shard, identity);
      if (value !== undefined) this.check.begin(shard, value);
      return this.start.onCoverage(shard, value);
    }
    const confirmed = this.shards.confirmedOf(shard);
    if (confirmed === undefined) return this.onAbsentCoverage(shard, value, identity);
    const lost = this.check.onCoverage(shard, { value, identity }, confirmed);
    if (lost !== undefined)
      return this.rebuild(
        `shard ${shard} lacks offset ${lost.offset} of partition ${lost.partition}`,
      );
    if (value === undefined) return;
    this.letters.forgetCovered(shard, value);
    this.retention.onCoverage(shard, value);
  }

  /** @param bounds By partition; undefined: the log did not answer, and instants stand still. */
  onBounds(bounds: Bounds | undefined): void {
    if (this.phase === 'starting') {
      const starts = this.start.onBounds(bounds);
      if (starts !== undefined) this.begin(starts);
      return;
    }
    if (this.phase === 'ended') return;
    for (const [partition, reason] of this.readings.emptied(bounds)) this.halt(partition, reason);
    this.retention.onBounds(this.readings, bounds);
    const instants = this.instants.onEnd(bounds);
    if (instants === undefined) return;
    for (const [shard, confirmed] of this.shards.confirmed()) {
      this.shards.flushNext(shard, instants);
      this.check.askIfDue(shard, confirmed);
    }
  }

  /** @param offset Of the first record at or after that time; undefined: the log did not answer. */
  onOffsetAt(partition: number, offset: bigint | undefined): void {
    if (this.phase !== 'counting') return;
    // It asks of partitions whose window was read back; each hears what it has asked alone.
    this.retention.onOffsetAt(partition, offset);
    const reason = this.readings.get(partition)?.onOffsetAt(offset);
    if (reason !== undefined) this.halt(partition, reason);
  }

  /** @param generation One that holds what was asked for; undefined: there is none. */
  onGeneration(partition: number, generation: WindowGeneration | undefined): void {
    if (this.phase === 'counting') this.readings.get(partition)?.onGeneration(generation);
  }

  /** The next records of a partition, in order and without a gap. */
  onRecords(partition: number, records: readonly BlockRecord[]): void {
    if (this.phase !== 'counting') return;
    const problem = this.readings.get(partition)?.onRecords(records);
    if (problem !== undefined) this.halt(partition, problem);
    this.instants.note(partition, records.at(-1));
    this.shards.flushLarge();
  }

  /** @param isKnown False: what the block names is nowhere. */
  onMeaning(partition: number, isKnown: boolean): void {
    if (this.phase !== 'counting') return;
    this.readings.get(partition)?.onMeaning(isKnown);
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

  /** @param number Of the flush that the shard has answered. */
  onFlushed(shard: number, number: number, outcome: FlushOutcome): void {
    if (this.phase !== 'counting') return;
    const after = this.shards.onFlushed(shard, number, outcome);
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
    for (const shard of this.options.shardMap.shards) {
      if (this.start.has(shard)) {
        this.shards.join(shard, new Map());
        continue;
      }
      this.letters.begin(shard);
      this.shards.leave(shard, 'it does not say what it covers');
    }
    for (const start of starts) this.beginPartition(start);
    this.options.emit({ kind: 'begun', partitions: this.readings.size });
  }

  private beginPartition({ partition, bounds, covered, point }: PartitionStart): void {
    if (point.kind === 'contradiction') return this.halt(partition, point.reason);
    const { topic, keepsGenerations, knowsVersion, unknownMeanings, catalog, roster, emit } =
      this.options;
    const reading = new PartitionReading({
      partition,
      start: point.offset,
      low: bounds.low,
      isLossAccepted: this.losses.reachTo(partition, bounds.low),
      topic,
      keepsGenerations,
      covered,
      rules: this.rules,
      takers: { deltas: this.shards.deltas, absent: this.letters.absent },
      onCounted: (counted) => this.onCounted(partition, counted),
      knowsVersion,
      unknownMeanings,
      reachesCatalog: (position) => catalog.reaches(position),
      elapsedMs: () => roster.elapsedMs,
      hasRoom: (moreBytes) =>
        this.shards.hasRoom(moreBytes) && this.letters.hasRoom() && this.deadEvents.hasRoom(),
      memory: this.memory,
      emit,
    });
    this.readings.set(partition, reading);
  }

  private onCounted(partition: number, counted: CountedRecord): void {
    // First: what covers the record waits for them.
    this.deadEvents.add(partition, counted);
    this.unconfirmed.add(partition, counted);
    this.letters.add(partition, counted);
    const { record, counts } = counted;
    this.options.emit({ kind: 'counted', partition, offset: record.offset, counts });
  }

  /** What it has not confirmed goes into letters too: its sums are forgotten. */
  private writeLetters(shard: number, confirmed: Positions): void {
    this.check.forget(shard);
    for (const partition of this.readings.keys()) {
      const records = this.unconfirmed.from(partition, confirmed.get(partition) ?? 0n);
      this.letters.addFor(shard, partition, records);
    }
    this.letters.begin(shard);
  }

  private onAbsentCoverage(
    shard: number,
    coverage: ShardCoverage | undefined,
    identity: string | undefined,
  ): void {
    switch (this.absent.onCoverage(shard, coverage)) {
      case 'rebuild':
        return this.rebuild(`shard ${shard} answers again`);
      case 'joins':
        this.letters.end(shard);
        this.check.learn(shard, identity);
        this.shards.join(shard, this.readings.positions());
        this.options.emit({ kind: 'present', shard });
        return;
      case 'later':
    }
  }

  /** Not skipped, not guessed: a person has to look at it. */
  private halt(partition: number, reason: string): void {
    this.readings.delete(partition);
    this.unconfirmed.forgetPartition(partition);
    this.memory.tell(partition, 0);
    this.halted.add(partition);
    this.retention.forget(partition);
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
