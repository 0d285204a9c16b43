import { setTimeout as delay } from 'node:timers/promises';
import { decodeBlock, type EventTypeDefinition, TallyError } from '@tally/contracts';
import { OffsetSet, PartitionCounter, SeriesCache, type CountingRules } from '@tally/counting';
import type { Assignment, LogAdmin, PartitionBounds, ReadRecord } from '@tally/log-client';
import type { EventsTopic, ShardMap } from '@tally/placement';
import { keepTrying } from '@tally/resilience';
import { type Logger } from '@tally/service-kit';
import type { ProcessorMetrics } from '../metrics.js';

import type { ShardClient, ShardCoverage } from '../shards/shard-client.js';
import { ShardWriter, type FlushOutcome } from '../shards/shard-writer.js';
import { startingPoint } from './starting-point.js';
import { traceOf } from './trace-of.js';

const RETRY_MS = 500;

/** What the registry said at each version. */
export interface EventTypes {
  definition(project: string, type: string, registryVersion: number): EventTypeDefinition;
  /** Resolves when that version is known here; a block may be faster than ZooKeeper's watch. */
  reach(registryVersion: number, signal: AbortSignal): Promise<void>;
}

export interface CountingRunOptions {
  readonly topic: EventsTopic;
  readonly assignment: Assignment;
  readonly shardMap: ShardMap;
  readonly eventTypes: EventTypes;
  readonly client: ShardClient;
  readonly admin: LogAdmin;
  readonly logger: Logger;
  readonly metrics: ProcessorMetrics;
  readonly flushIntervalMs: number;
  readonly flushRows: number;
  readonly maxClockSkewMs: number;
  readonly verifyIntervalMs: number;
  readonly maxSeries: number;
  readonly now: () => number;
  /** What was summed up is void: begin again with a new run. Called once. */
  onStale(reason: string): void;
}

type Reading =
  /** The record before the first that counts is read for its append time. */
  | { readonly kind: 'probing'; readonly start: bigint }
  /** The log is asked where the window begins. */
  | { readonly kind: 'seeking' }
  /** Records before `start` are remembered, the others counted. */
  | {
      readonly kind: 'counting';
      readonly start: bigint;
      next: bigint;
      readonly counter: PartitionCounter;
    };

/**
 * Counts the partitions of one assignment, from what the shards have to the end of the log, until
 * the assignment ends or what was summed up turns out to be void.
 */
export class CountingRun {
  private readonly stopping = new AbortController();
  private readonly writers = new Map<number, ShardWriter>();
  private readonly readings = new Map<number, Reading>();
  private readonly coverage = new Map<number, ShardCoverage>();
  /** By shard and partition: offsets below it were confirmed by the shard. */
  private readonly confirmed = new Map<number, ReadonlyMap<number, bigint>>();
  private readonly halted = new Set<number>();
  private readonly rules: CountingRules;
  private lastVerifiedMs: number;
  private working: Promise<void> = Promise.resolve();

  constructor(private readonly options: CountingRunOptions) {
    const { shardMap, eventTypes, maxSeries, topic, assignment, now } = options;
    this.rules = {
      shardMap,
      series: new SeriesCache(maxSeries),
      definition: (project, type, version) => eventTypes.definition(project, type, version),
    };
    const signal = this.stopping.signal;
    for (const shard of shardMap.shards) {
      const { epoch } = shardMap;
      this.writers.set(
        shard,
        new ShardWriter({ ...options, shard, epoch, topic: topic.name, signal }),
      );
    }
    assignment.signal.addEventListener('abort', () => this.stopping.abort(), { once: true });
    this.lastVerifiedMs = now();
  }

  /** True when the log and the shards agree on every partition. */
  get isSound(): boolean {
    return this.halted.size === 0;
  }

  /** Finds where to read and keeps flushing until stopped. */
  start(): void {
    this.options.assignment.resume();
    this.working = this.work();
  }

  /** Ends the run; resolves when none of its flushes is on its way any more. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.working;
    for (const writer of this.writers.values()) await writer.settled();
  }

  async onRecords(partition: number, records: readonly ReadRecord[]): Promise<void> {
    const reading = this.readings.get(partition);
    if (reading === undefined || this.stopping.signal.aborted) return;
    if (reading.kind === 'probing') {
      const appendMs = records[0]?.timestampMs ?? 0;
      this.readings.set(partition, { kind: 'seeking' });
      await this.rebuild(partition, reading.start, appendMs);
      return;
    }
    if (reading.kind === 'seeking') return;
    for (const record of records) {
      if (record.offset < reading.start) reading.counter.remember(record);
      else await this.count(partition, reading, record);
      reading.next = record.offset + 1n;
      if (this.stopping.signal.aborted) return;
    }
    this.flushLarge();
  }

  private async work(): Promise<void> {
    const { signal } = this.stopping;
    const { logger } = this.options;
    await keepTrying(() => this.findStart(), {
      signal,
      retryMs: RETRY_MS,
      onFailure: (error) => {
        logger.warn({ error }, 'cannot find out where to count from yet');
        if (error.code === 'stale_epoch') this.stale('another shard map is in force');
      },
    });
    while (!signal.aborted) {
      await delay(this.options.flushIntervalMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.tick();
    }
  }

  private async findStart(): Promise<void> {
    const { assignment, shardMap, topic, admin, logger, metrics } = this.options;
    const { partitions } = assignment;
    metrics.assignedPartitions.set(partitions.length);
    metrics.stoppedPartitions.set(0);
    for (const shard of shardMap.shards) this.coverage.set(shard, await this.readCoverage(shard));
    const bounds = await admin.bounds(topic.name);
    for (const partition of partitions) {
      const within = bounds.get(partition);
      if (within === undefined)
        throw new TallyError('unavailable', `the log says nothing of partition ${partition}`);
      const covered = shardMap.shards.map((shard) => this.coveredBy(shard, partition));
      const point = startingPoint(covered, within);
      if (point.kind === 'contradiction') this.halt(partition, point.reason);
      else this.beginAt(partition, point.offset, within);
    }
    logger.info(
      { partitions: partitions.length, counting: this.readings.size },
      'counting begins at the first offset that a shard lacks',
    );
  }

  private beginAt(partition: number, start: bigint, { low }: PartitionBounds): void {
    const { assignment } = this.options;
    if (start === low) {
      this.countFrom(partition, start, start);
      return;
    }
    this.readings.set(partition, { kind: 'probing', start });
    assignment.readFrom(partition, start - 1n);
  }

  /** Reads back as far as a copy of the first counted event may lie. */
  private async rebuild(partition: number, start: bigint, appendMs: number): Promise<void> {
    const { admin, topic, logger } = this.options;
    const windowStart = Math.max(0, appendMs - topic.dedupWindowMs);
    const from = await keepTrying(() => admin.offsetAt(topic.name, partition, windowStart), {
      signal: this.stopping.signal,
      retryMs: RETRY_MS,
      onFailure: (error) =>
        logger.warn({ error, partition }, 'cannot find out where the window begins yet'),
    });
    if (from !== undefined) this.countFrom(partition, from < start ? from : start, start);
  }

  private countFrom(partition: number, from: bigint, start: bigint): void {
    const { topic, assignment, shardMap } = this.options;
    const covered = new Map(
      shardMap.shards.map((shard) => [shard, this.coveredBy(shard, partition)]),
    );
    const counter = new PartitionCounter(partition, topic.dedupWindowMs, covered, this.rules);
    this.readings.set(partition, { kind: 'counting', start, next: from, counter });
    assignment.readFrom(partition, from);
  }

  private async count(
    partition: number,
    { counter }: Extract<Reading, { kind: 'counting' }>,
    record: ReadRecord,
  ): Promise<void> {
    const { eventTypes, metrics, logger } = this.options;
    const block = record.value === null ? undefined : decodeBlock(record.value);
    if (block?.kind === 'block')
      await eventTypes.reach(block.registryVersion, this.stopping.signal);
    if (this.stopping.signal.aborted) return;
    const deltas = new Map([...this.writers].map(([shard, { delta }]) => [shard, delta]));
    const { events, duplicates, tooLate, dead, reason } = counter.count(record, deltas);
    metrics.events.inc({ fate: 'counted' }, events - duplicates - tooLate - dead);
    metrics.events.inc({ fate: 'duplicate' }, duplicates);
    metrics.events.inc({ fate: 'too_late' }, tooLate);
    metrics.events.inc({ fate: 'dead' }, dead);
    if (reason !== undefined)
      logger.error({ partition, offset: String(record.offset), dead, reason }, 'unreadable events');
    const trace = traceOf(record.traceparent);
    if (trace !== undefined) for (const writer of this.writers.values()) writer.trace(trace);
  }

  /** Flushes what has grown large; stops reading while a shard is behind. */
  private flushLarge(): void {
    for (const [shard, writer] of this.writers) {
      if (writer.delta.rows < this.options.flushRows) continue;
      if (writer.isFlying) this.options.assignment.pause();
      else this.flush(shard, writer, this.instants(undefined, 0));
    }
  }

  /** Once per interval: asks where the log ends, flushes, and now and then checks the shards. */
  private async tick(): Promise<void> {
    const { admin, topic, now, logger, verifyIntervalMs } = this.options;
    const askedMs = now();
    let ends: ReadonlyMap<number, PartitionBounds> | undefined;
    try {
      ends = await admin.bounds(topic.name);
    } catch (error) {
      if (!(error instanceof TallyError)) throw error;
      logger.warn({ error }, 'the log does not say where it ends: instants stand still');
    }
    if (this.stopping.signal.aborted) return;
    for (const [shard, writer] of this.writers)
      if (!writer.isFlying) this.flush(shard, writer, this.instants(ends, askedMs));
    if (now() - this.lastVerifiedMs >= verifyIntervalMs) await this.verify();
  }

  /**
   * Up to when each partition is complete if all that was read is flushed: the moment the log was
   * asked for its end, less what clocks may differ, if that end was reached; else the append time of
   * the last record, for the next is not older.
   */
  private instants(
    ends: ReadonlyMap<number, PartitionBounds> | undefined,
    askedMs: number,
  ): ReadonlyMap<number, number> {
    const instants = new Map<number, number>();
    for (const [partition, reading] of this.readings) {
      if (reading.kind !== 'counting' || reading.next < reading.start) continue;
      const end = ends?.get(partition)?.high;
      if (end !== undefined && reading.next >= end)
        instants.set(partition, askedMs - this.options.maxClockSkewMs);
      else if (reading.counter.appendMs > 0) instants.set(partition, reading.counter.appendMs);
    }
    return instants;
  }

  private flush(shard: number, writer: ShardWriter, instants: ReadonlyMap<number, number>): void {
    const positions = this.positions();
    void writer.flush(instants)?.then((outcome: FlushOutcome) => {
      if (outcome === 'stale') this.stale(`shard ${shard} has other offsets than expected`);
      if (outcome !== 'done') return;
      this.confirmed.set(shard, positions);
      if (![...this.writers.values()].some((other) => this.isBehind(other)))
        this.options.assignment.resume();
    });
  }

  private isBehind(writer: ShardWriter): boolean {
    return writer.isFlying && writer.delta.rows >= this.options.flushRows;
  }

  private positions(): ReadonlyMap<number, bigint> {
    const positions = new Map<number, bigint>();
    for (const [partition, reading] of this.readings)
      if (reading.kind === 'counting' && reading.next >= reading.start)
        positions.set(partition, reading.next);
    return positions;
  }

  /** Coverage is the truth: a shard that lost what it had confirmed gets it again. */
  private async verify(): Promise<void> {
    const { logger, now, shardMap } = this.options;
    try {
      for (const shard of shardMap.shards) {
        const confirmed = this.confirmed.get(shard) ?? new Map<number, bigint>();
        const coverage = await this.readCoverage(shard);
        for (const [partition, position] of confirmed) {
          const missing = coverage.get(partition)?.firstMissing(0n) ?? 0n;
          if (missing < position)
            return this.stale(`shard ${shard} lacks offset ${missing} of partition ${partition}`);
        }
      }
      this.lastVerifiedMs = now();
    } catch (error) {
      if (!(error instanceof TallyError)) throw error;
      logger.warn({ error }, 'cannot check what the shards have; trying again');
    }
  }

  private readCoverage(shard: number): Promise<ShardCoverage> {
    const { client, shardMap, topic, assignment } = this.options;
    return client.coverage(shard, shardMap.epoch, topic.name, assignment.partitions);
  }

  private coveredBy(shard: number, partition: number): OffsetSet {
    return this.coverage.get(shard)?.get(partition) ?? new OffsetSet();
  }

  /** Not skipped, not guessed: a person has to look at it. */
  halt(partition: number, reason: string): void {
    this.options.logger.error({ partition, reason }, 'ALARM: this partition is not counted');
    this.readings.delete(partition);
    this.options.assignment.stopReading(partition);
    this.halted.add(partition);
    this.options.metrics.stoppedPartitions.set(this.halted.size);
  }

  private stale(reason: string): void {
    if (this.stopping.signal.aborted) return;
    this.stopping.abort();
    this.options.onStale(reason);
  }
}
