import { setTimeout as delay } from 'node:timers/promises';
import type { CountingRun, RunAction } from '@tally/counting';
import type { Assignment, LogAdmin } from '@tally/log-client';
import type { EventsTopic } from '@tally/placement';
import type { WorkUnderWay } from '@tally/resilience';
import type { Logger } from '@tally/service-kit';
import type { SideTopic } from '../topics/side-topic.js';
import type { DeadLettersTopic } from '../letters/dead-letters-topic.js';
import type { ProcessorMetrics } from '../metrics.js';
import type { WindowGenerations } from '../snapshots/window-generations.js';

export interface LogActionsOptions {
  readonly topic: EventsTopic;
  readonly assignment: Assignment;
  readonly admin: LogAdmin;
  readonly letters: DeadLettersTopic;
  readonly deadEvents: SideTopic;
  /** undefined: none are kept. */
  readonly generations: WindowGenerations | undefined;
  readonly logger: Logger;
  readonly metrics: ProcessorMetrics;
}

/** What a run asks of the log and of what is kept beside it, carried out; the run is told what came of it. */
export class LogActions {
  constructor(
    private readonly options: LogActionsOptions,
    private readonly run: CountingRun,
    private readonly work: WorkUnderWay,
    private readonly signal: AbortSignal,
  ) {}

  async readLetters(): Promise<void> {
    const { assignment, letters } = this.options;
    const standing = await this.work.answerOf(
      letters.standing(assignment.partitions),
      'the log does not say what stands in dead letters',
    );
    this.run.onLetters(standing);
  }

  async appendLetter({
    partition,
    shard,
    letter,
  }: Extract<RunAction, { kind: 'append-letter' }>): Promise<void> {
    const { letters, metrics } = this.options;
    const offset = await this.work.answerOf(
      letters.append(partition, letter),
      'the log did not take a dead letter: what is in it is read again when its shard is back',
    );
    const outcome = offset === undefined ? 'refused' : 'written';
    metrics.letters.inc({ shard: String(shard), outcome });
    this.run.onLetterAppended(partition, offset);
  }

  async appendDeadEvents({
    number,
    records,
    causes,
    afterMs,
  }: Extract<RunAction, { kind: 'append-dead-events' }>): Promise<void> {
    const { deadEvents, metrics } = this.options;
    if (afterMs > 0) await delay(afterMs, undefined, { signal: this.signal });
    const appended = deadEvents.append(records).then(() => true);
    const isTaken = await this.work.answerOf(
      appended,
      'the log did not take dead events: what covers them waits, they are sent again',
    );
    if (isTaken) for (const [cause, events] of causes) metrics.deadEvents.inc({ cause }, events);
    this.run.onDeadEventsAppended(number, isTaken === true);
  }

  async askBounds(): Promise<void> {
    const { admin, topic } = this.options;
    const bounds = await this.work.answerOf(
      admin.bounds(topic.name),
      'the log does not say where it begins and ends: instants stand still',
    );
    this.run.onBounds(bounds);
  }

  async askOffsetAt(partition: number, timestampMs: number): Promise<void> {
    const { admin, topic } = this.options;
    const offset = await this.work.answerOf(
      admin.offsetAt(topic.name, partition, timestampMs),
      'the log does not say which offset it had at a time',
    );
    this.run.onOffsetAt(partition, offset);
  }

  async shorten({
    partition,
    before,
    records,
  }: Extract<RunAction, { kind: 'shorten' }>): Promise<void> {
    const { admin, topic, logger, metrics } = this.options;
    const deleting = admin.deleteRecords(topic.name, partition, before).then(() => {
      metrics.deletedRecords.inc(Number(records));
      logger.info({ partition, before: String(before) }, 'the log was shortened');
    });
    await this.work.answerOf(deleting, 'the log was not shortened: it is tried again later');
  }

  async readGeneration({
    partition,
    from,
    to,
  }: Extract<RunAction, { kind: 'read-generation' }>): Promise<void> {
    const generation = await this.options.generations?.read(partition, from, to);
    this.run.onGeneration(partition, generation);
  }
}
