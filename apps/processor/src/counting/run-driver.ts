import { setTimeout as delay } from 'node:timers/promises';
import type { FollowedCatalog } from '@tally/catalog';
import { SECOND_MS } from '@tally/contracts';
import {
  CountingRun,
  readBlock,
  type FlushAction,
  type RunAction,
  type ShardRoster,
  type LogTime,
  type UnknownMeanings,
} from '@tally/counting';
import type { ReadRecord } from '@tally/log-client';
import type { ShardMap } from '@tally/placement';
import { atNext, WorkUnderWay } from '@tally/resilience';
import type { ProcessorConfig } from '../config.js';
import type { EventTypes, Shards } from '@tally/shard-client';
import { LETTER_INTERVAL_MS } from '../limits.js';
import { bookEvents } from './book-events.js';
import { FlushTraces } from './flush-traces.js';
import { LogActions, type LogActionsOptions } from './log-actions.js';
import { tellClock } from './tell-clock.js';

/** Time between two ticks while no events come: each costs, and answers of an idle system may be as old. */
const IDLE_MS = SECOND_MS;

export interface RunDriverOptions extends LogActionsOptions {
  readonly config: Pick<
    ProcessorConfig,
    | 'flushIntervalMs'
    | 'flushRows'
    | 'shardPatienceMs'
    | 'verifyIntervalMs'
    | 'logKeepMs'
    | 'maxSeries'
  >;
  /** Most bytes of the dedup windows of all assigned partitions. */
  readonly maxWindowBytes: number;
  readonly shardMap: ShardMap;
  readonly eventTypes: EventTypes;
  readonly catalog: FollowedCatalog;
  readonly shards: Shards;
  /** What is known of the shards from run to run. */
  readonly roster: ShardRoster;
  /** What our clock says of the log's, as it is known from run to run. */
  readonly logTime: LogTime;
  /** What was waited for in vain, as it is known from run to run. */
  readonly unknownMeanings: UnknownMeanings;
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
  private readonly work: WorkUnderWay;
  private readonly log: LogActions;
  /** What the run is being told of now. */
  private delivered: readonly ReadRecord[] = [];
  private endWait: () => void = () => undefined;
  /** When the next tick is, by the clock of performance. */
  private dueMs = 0;
  /** Since the last tick. */
  private hasRead = false;

  constructor(private readonly options: RunDriverOptions) {
    const { config, topic, assignment, shardMap, roster, logTime, eventTypes, catalog, now } =
      options;
    this.traces = new FlushTraces(shardMap.shards);
    this.work = new WorkUnderWay(this.stopping.signal, (error, consequence) =>
      options.logger.warn({ error }, consequence),
    );
    this.run = new CountingRun({
      topic,
      partitions: assignment.partitions,
      shardMap,
      roster,
      definition: (project, type, version) => eventTypes.definition(project, type, version),
      knowsVersion: (version) => eventTypes.knowsVersion(version),
      unknownMeanings: options.unknownMeanings,
      catalog,
      flushRows: config.flushRows,
      shardPatienceMs: config.shardPatienceMs,
      logTime,
      letterIntervalMs: LETTER_INTERVAL_MS,
      verifyIntervalMs: config.verifyIntervalMs,
      logKeepMs: config.logKeepMs,
      maxSeries: config.maxSeries,
      maxWindowBytes: options.maxWindowBytes,
      keepsGenerations: options.generations !== undefined,
      startedAtMs: now(),
      emit: (action) => this.carryOut(action),
    });
    const { signal } = this.stopping;
    this.log = new LogActions(options, this.run, this.work, signal);
    assignment.signal.addEventListener('abort', () => this.abort(), { once: true, signal });
  }

  /** True when the log and the shards agree on every partition, and none waits for a later version. */
  get isSound(): boolean {
    return this.run.haltedPartitions + this.run.outdatedPartitions === 0;
  }

  /** Partitions that are not read until there is memory for their dedup windows. */
  get waitingPartitions(): number {
    return this.run.waitingPartitions;
  }

  /** Shards that do not take what is flushed to them now. */
  get silentShards(): number {
    return this.run.silentShards;
  }

  /** Begins to count, until stopped or the assignment ends. */
  start(): void {
    const { assignment, generations, metrics } = this.options;
    generations?.refresh();
    metrics.assignedPartitions.set(assignment.partitions.length);
    metrics.haltedPartitions.set(0);
    metrics.coveredOffset.reset();
    assignment.resume();
    this.tick();
  }

  /** Ends the run; resolves when nothing of it is under way any more. */
  async stop(): Promise<void> {
    this.abort();
    await this.work.settled();
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
    const { config, metrics, logger, catalog, logTime, now } = this.options;
    const { aheadMs } = logTime;
    const isIdle = !this.hasRead;
    this.hasRead = false;
    this.run.tick(now());
    tellClock(logTime.aheadMs, aheadMs, metrics, logger);
    metrics.absentShards.set(this.run.absentShards);
    metrics.catalogPosition.set(Number(catalog.position));
    metrics.waitingPartitions.set(this.run.waitingPartitions);
    metrics.outdatedPartitions.set(this.run.outdatedPartitions);
    metrics.windowBytes.set(this.run.windowBytes);
    const { flushIntervalMs } = config;
    if (isIdle) this.tickLater(Math.max(flushIntervalMs, IDLE_MS));
    else this.tickIn(flushIntervalMs);
  }

  /** The first events after a rest wait no longer than others. */
  private endRest(): void {
    this.hasRead = true;
    const { flushIntervalMs } = this.options.config;
    if (performance.now() + flushIntervalMs < this.dueMs) this.tickIn(flushIntervalMs);
  }

  private tickIn(ms: number): void {
    this.endWait();
    if (this.stopping.signal.aborted) return;
    this.dueMs = performance.now() + ms;
    const timer = setTimeout(() => this.tick(), ms);
    this.endWait = () => clearTimeout(timer);
  }

  /** With what else is looked at in idleness, at most so long from now. */
  private tickLater(ms: number): void {
    this.endWait();
    if (this.stopping.signal.aborted) return;
    this.dueMs = performance.now() + ms;
    this.endWait = atNext(ms, () => this.tick());
  }

  private abort(): void {
    this.endWait();
    this.stopping.abort();
    this.run.end();
  }

  private carryOut(action: RunAction): void {
    const { assignment, logger, metrics } = this.options;
    switch (action.kind) {
      case 'read-coverage':
        return this.work.track(this.readCoverage(action.shard, action.afterLetters));
      case 'read-letters':
        return this.work.track(this.log.readLetters());
      case 'append-letter':
        return this.work.track(this.log.appendLetter(action));
      case 'append-dead-events':
        return this.work.track(this.log.appendDeadEvents(action));
      case 'ask-bounds':
        return this.work.track(this.log.askBounds());
      case 'ask-offset-at':
        return this.work.track(this.log.askOffsetAt(action.partition, action.timestampMs));
      case 'flush':
        return this.work.track(this.flush(action));
      case 'shorten':
        return this.work.track(this.log.shorten(action));
      case 'read-from':
        return assignment.readFrom(action.partition, action.offset);
      case 'read-generation':
        assignment.stopReading(action.partition);
        return this.work.track(this.log.readGeneration(action));
      case 'write-generation':
        return this.options.generations?.write(action.generation);
      case 'await-version':
        assignment.stopReading(action.partition);
        return this.work.track(this.awaitVersion(action));
      case 'await-catalog':
        assignment.stopReading(action.partition);
        return this.work.track(this.awaitCatalog(action));
      case 'await-schema': {
        const { partition, schemaId } = action;
        logger.error(
          { partition, schemaId },
          'ALARM: this partition waits for a processor that knows this schema, see docs/runbooks/dead-events.md',
        );
        return assignment.stopReading(partition);
      }
      case 'await-memory': {
        const { partition } = action;
        const { maxWindowBytes } = this.options;
        logger.error(
          { partition, maxWindowBytes },
          'ALARM: this partition is not read until there is memory for its dedup window, see docs/runbooks/window-memory.md',
        );
        return assignment.stopReading(partition);
      }
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
          'ALARM: this shard is not counted, its events go into dead letters; it is asked again until it answers',
        );
        return;
      }
      case 'present':
        logger.warn({ shard: action.shard }, 'this shard is counted again');
        return;
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

  private async readCoverage(shard: number, afterLetters: boolean): Promise<void> {
    const { shards, shardMap, topic, assignment, letters, metrics } = this.options;
    const firstLetters = afterLetters
      ? await this.work.answerOf(
          letters.firstLetters(),
          'the log does not say where dead letters begin',
        )
      : new Map<number, bigint>();
    if (firstLetters === undefined) return this.run.onCoverage(shard, { kind: 'none' });
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
    this.run.onCoverage(shard, answer.kind === 'answer' ? { ...answer, firstLetters } : answer);
  }

  /** The other partitions go on meanwhile. */
  private async awaitVersion({
    partition,
    registryVersion,
    isGivenUp,
  }: Extract<RunAction, { kind: 'await-version' }>): Promise<void> {
    const { signal } = this.stopping;
    const { eventTypes } = this.options;
    const isKnown = await eventTypes.reach(registryVersion, signal, { isOneLook: isGivenUp });
    if (isKnown !== undefined) this.run.onMeaning(partition, isKnown);
  }

  private async awaitCatalog({
    partition,
    position,
    isGivenUp,
  }: Extract<RunAction, { kind: 'await-catalog' }>): Promise<void> {
    const { signal } = this.stopping;
    const isOneLook = isGivenUp;
    const isKnown = await this.options.catalog.reach(position, signal, { isOneLook });
    if (isKnown !== undefined) this.run.onMeaning(partition, isKnown);
  }

  private async flush({ shard, number, request, attempt, afterMs }: FlushAction): Promise<void> {
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
    this.run.onFlushed(shard, number, outcome);
  }

  private book(action: Extract<RunAction, { kind: 'counted' }>): void {
    const [first] = this.delivered;
    if (first !== undefined) this.traces.add(this.delivered[Number(action.offset - first.offset)]);
    bookEvents(action, this.options.metrics, this.options.logger);
  }
}
