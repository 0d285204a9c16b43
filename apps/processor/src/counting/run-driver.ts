import { setTimeout as delay } from 'node:timers/promises';
import { SECOND_MS, TallyError } from '@tally/contracts';
import {
  CountingRun,
  readBlock,
  type FlushAction,
  type RunAction,
  type ShardRoster,
  type LogTime,
} from '@tally/counting';
import type { Assignment, LogAdmin, ReadRecord } from '@tally/log-client';
import type { EventsTopic, ShardMap } from '@tally/placement';
import { crash } from '@tally/resilience';
import type { Logger } from '@tally/service-kit';
import type { ProcessorConfig } from '../config.js';
import type { EventTypes } from '../event-types/event-types.js';
import type { ProcessorMetrics } from '../metrics.js';
import { FlushTraces } from '../shards/flush-traces.js';
import type { Shards } from '../shards/shards.js';

/** Least time between two ticks while no events come: each costs, and answers of an idle system may be as old. */
const IDLE_MS = SECOND_MS;

export interface RunDriverOptions {
  readonly config: Pick<
    ProcessorConfig,
    | 'flushIntervalMs'
    | 'flushRows'
    | 'shardPatienceMs'
    | 'verifyIntervalMs'
    | 'logKeepMs'
    | 'maxSeries'
  >;
  readonly topic: EventsTopic;
  readonly assignment: Assignment;
  readonly shardMap: ShardMap;
  readonly eventTypes: EventTypes;
  readonly shards: Shards;
  /** What is known of the shards from run to run. */
  readonly roster: ShardRoster;
  /** What our clock says of the log's, as it is known from run to run. */
  readonly logTime: LogTime;
  readonly admin: LogAdmin;
  readonly logger: Logger;
  readonly metrics: ProcessorMetrics;
  readonly now: () => number;
  /** What was summed up is worth nothing: begin again with a new driver. Called at most once. */
  onRebuild(reason: string): void;
}

/**
 * Carries out what a counting run asks for, and tells it what came of it: time, the log, the shards.
 * Nothing is decided here. A failure that can be waited out is an answer; any other ends the process.
 */
export class RunDriver {
  private readonly stopping = new AbortController();
  private readonly run: CountingRun;
  private readonly traces: FlushTraces;
  private readonly ending = new Map<number, () => void>();
  /** What is under way. */
  private readonly working = new Set<Promise<void>>();
  /** What the run is being told of now. */
  private delivered: readonly ReadRecord[] = [];
  private timer: NodeJS.Timeout | undefined;
  /** When the next tick is, by the clock of performance. */
  private dueMs = 0;
  /** Since the last tick. */
  private hasRead = false;

  constructor(private readonly options: RunDriverOptions) {
    const { config, topic, assignment, shardMap, roster, logTime, eventTypes, now } = options;
    this.traces = new FlushTraces(shardMap.shards);
    this.run = new CountingRun({
      topic,
      partitions: assignment.partitions,
      shardMap,
      roster,
      definition: (project, type, version) => eventTypes.definition(project, type, version),
      knowsVersion: (version) => eventTypes.knowsVersion(version),
      flushRows: config.flushRows,
      shardPatienceMs: config.shardPatienceMs,
      logTime,
      verifyIntervalMs: config.verifyIntervalMs,
      logKeepMs: config.logKeepMs,
      maxSeries: config.maxSeries,
      startedAtMs: now(),
      emit: (action) => this.carryOut(action),
    });
    const { signal } = this.stopping;
    assignment.signal.addEventListener('abort', () => this.abort(), { once: true, signal });
  }

  /** True when the log and the shards agree on every partition. */
  get isSound(): boolean {
    return this.run.haltedPartitions === 0;
  }

  /** Shards that do not take what is flushed to them now. */
  get silentShards(): number {
    return this.run.silentShards;
  }

  /** Begins to count, until stopped or the assignment ends. */
  start(): void {
    const { assignment, metrics } = this.options;
    metrics.assignedPartitions.set(assignment.partitions.length);
    metrics.haltedPartitions.set(0);
    metrics.coveredOffset.reset();
    assignment.resume();
    this.tick();
  }

  /** Ends the run; resolves when nothing of it is under way any more. */
  async stop(): Promise<void> {
    this.abort();
    await Promise.all(this.working);
  }

  /** The next records of a partition, which are counted when it returns. */
  onRecords(partition: number, records: readonly ReadRecord[]): void {
    if (this.stopping.signal.aborted) return;
    if (!this.hasRead) this.endRest();
    this.delivered = records;
    this.run.onRecords(partition, records.map(readBlock));
    this.delivered = [];
  }

  /** The log did not go on where it should. */
  onSkipped(partition: number, expected: bigint, got: bigint): void {
    this.run.onSkipped(partition, expected, got);
  }

  /** The log cannot read the record there. */
  onDamaged(partition: number, offset: bigint): void {
    this.run.onDamaged(partition, offset);
  }

  private tick(): void {
    const { config, metrics, logTime, now } = this.options;
    const { aheadMs } = logTime;
    const isIdle = !this.hasRead;
    this.hasRead = false;
    this.run.tick(now());
    this.tellClock(aheadMs);
    metrics.absentShards.set(this.run.absentShards);
    const { flushIntervalMs } = config;
    this.tickIn(isIdle ? Math.max(flushIntervalMs, IDLE_MS) : flushIntervalMs);
  }

  /** The first events after a rest wait no longer than others. */
  private endRest(): void {
    this.hasRead = true;
    const { flushIntervalMs } = this.options.config;
    if (performance.now() + flushIntervalMs < this.dueMs) this.tickIn(flushIntervalMs);
  }

  private tickIn(ms: number): void {
    clearTimeout(this.timer);
    if (this.stopping.signal.aborted) return;
    this.dueMs = performance.now() + ms;
    this.timer = setTimeout(() => this.tick(), ms);
  }

  private tellClock(wasAheadMs: number): void {
    const { logger, metrics, logTime } = this.options;
    const { aheadMs } = logTime;
    metrics.clockAhead.set(aheadMs / SECOND_MS);
    if (aheadMs > 0 && wasAheadMs === 0)
      logger.error(
        { aheadMs },
        "ALARM: the clock of this machine is ahead of the log's: answers go by that of the log from now on; what shards were told before stays until that time has come",
      );
    else if (aheadMs === 0 && wasAheadMs > 0) logger.warn('the clock is that of the log again');
  }

  private abort(): void {
    clearTimeout(this.timer);
    this.stopping.abort();
    this.run.end();
  }

  private carryOut(action: RunAction): void {
    const { assignment, logger, metrics } = this.options;
    switch (action.kind) {
      case 'read-coverage':
        return this.track(this.readCoverage(action.shard));
      case 'ask-bounds':
        return this.track(this.askBounds());
      case 'ask-offset-at':
        return this.track(this.askOffsetAt(action.partition, action.timestampMs));
      case 'flush':
        return this.track(this.flush(action));
      case 'shorten':
        return this.track(this.shorten(action));
      case 'read-from':
        return assignment.readFrom(action.partition, action.offset);
      case 'await-version':
        assignment.stopReading(action.partition);
        return this.track(this.awaitVersion(action.partition, action.registryVersion));
      case 'pause':
        return assignment.pause();
      case 'resume':
        return assignment.resume();
      case 'begun':
        logger.info(
          { partitions: assignment.partitions.length, counting: action.partitions },
          'counting begins at the first offset that a shard lacks',
        );
        return;
      case 'counted':
        return this.book(action);
      case 'absent': {
        const { shard, reason } = action;
        logger.error(
          { shard, reason },
          'ALARM: this shard is not counted, the others are; it is asked again until it answers',
        );
        return;
      }
      case 'halt': {
        const { partition, reason } = action;
        logger.error(
          { partition, reason },
          'ALARM: this partition is not counted, see docs/runbooks/lost-records.md',
        );
        assignment.stopReading(partition);
        metrics.haltedPartitions.inc();
        return;
      }
      case 'rebuild':
        this.abort();
        this.options.onRebuild(action.reason);
    }
  }

  private async readCoverage(shard: number): Promise<void> {
    const { shards, shardMap, topic, assignment, metrics } = this.options;
    const partitions = assignment.partitions.map((partition) => ({
      topic: topic.name,
      partition,
    }));
    const { signal } = this.stopping;
    const answer = await shards.coverage(shard, shardMap.epoch, partitions, signal);
    if (answer.kind === 'answer')
      for (const partition of assignment.partitions) {
        const lacked = answer.value.get(partition)?.firstMissing(0n) ?? 0n;
        metrics.coveredOffset.set({ shard, partition }, Number(lacked));
      }
    this.run.onCoverage(shard, answer);
  }

  private async askBounds(): Promise<void> {
    const { admin, topic } = this.options;
    const bounds = await this.answered(
      admin.bounds(topic.name),
      'the log does not say where it begins and ends: instants stand still',
    );
    this.run.onBounds(bounds);
  }

  private async askOffsetAt(partition: number, timestampMs: number): Promise<void> {
    const { admin, topic } = this.options;
    const offset = await this.answered(
      admin.offsetAt(topic.name, partition, timestampMs),
      'the log does not say which offset it had at a time',
    );
    this.run.onOffsetAt(partition, offset);
  }

  private async shorten({
    partition,
    before,
    records,
  }: Extract<RunAction, { kind: 'shorten' }>): Promise<void> {
    const { admin, topic, logger, metrics } = this.options;
    const deleting = admin.deleteRecords(topic.name, partition, before).then(() => {
      metrics.deletedRecords.inc(Number(records));
      logger.info({ partition, before: String(before) }, 'the log was shortened');
    });
    await this.answered(deleting, 'the log was not shortened: it is tried again later');
  }

  /** The other partitions go on meanwhile. */
  private async awaitVersion(partition: number, registryVersion: number): Promise<void> {
    const { signal } = this.stopping;
    const isKnown = await this.options.eventTypes.reach(registryVersion, signal);
    if (isKnown !== undefined) this.run.onVersion(partition, isKnown);
  }

  private async flush({ shard, request, attempt, afterMs }: FlushAction): Promise<void> {
    const { shards, metrics } = this.options;
    const { signal } = this.stopping;
    if (attempt === 1) this.ending.set(shard, metrics.flushSeconds.startTimer());
    else await delay(afterMs, undefined, { signal });
    const outcome = await this.traces.inSpan(shard, attempt, () =>
      shards.applyDelta(request, signal),
    );
    metrics.flushes.inc({ outcome: outcome.kind === 'rebuild' ? outcome.why : outcome.kind });
    if (outcome.kind === 'applied' || outcome.kind === 'already_applied')
      this.ending.get(shard)?.();
    this.run.onFlushed(shard, outcome);
  }

  private book({ partition, offset, counts }: Extract<RunAction, { kind: 'counted' }>): void {
    const { metrics, logger } = this.options;
    const { dead, reason } = counts;
    const [first] = this.delivered;
    if (first !== undefined) this.traces.add(this.delivered[Number(offset - first.offset)]);
    metrics.events.inc({ fate: 'counted' }, counts.counted);
    metrics.events.inc({ fate: 'duplicate' }, counts.duplicates);
    metrics.events.inc({ fate: 'conflicting' }, counts.conflicting);
    metrics.events.inc({ fate: 'too_late' }, counts.tooLate);
    metrics.events.inc({ fate: 'dead' }, dead);
    metrics.events.inc({ fate: 'expired' }, counts.expired);
    if (reason !== undefined)
      logger.error({ partition, offset: String(offset), dead, reason }, 'unreadable events');
  }

  /** A bug ends the process. */
  private track(work: Promise<void>): void {
    const { signal } = this.stopping;
    const working = work
      .catch((error: unknown) => {
        if (!signal.aborted || !isOfTheEnd(error)) crash(error);
      })
      .finally(() => this.working.delete(working));
    this.working.add(working);
  }

  private async answered<T>(answer: Promise<T>, otherwise: string): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof TallyError)) throw error;
      this.options.logger.warn({ error }, otherwise);
      return undefined;
    }
  }
}

/** What becomes of work under way when it is told to end. */
function isOfTheEnd(error: unknown): boolean {
  return error instanceof TallyError || (error as Error | undefined)?.name === 'AbortError';
}
