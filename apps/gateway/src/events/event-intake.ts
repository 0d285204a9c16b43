import { STATUS_CODES } from 'node:http';
import { CURRENT_SCHEMA_ID, type ErrorCode, TallyError } from '@tally/contracts';
import { inTurns, type LongestHolds, type Turns } from '@tally/resilience';
import { type Logger, type ProblemDetails } from '@tally/service-kit';
import type { EventMetrics } from '../metrics.js';
import type { EventTypes } from '../event-types/event-types.js';
import type { Intake } from '../openapi/schemas.js';
import { BATCH_SIZES } from './batch-step.js';
import { CheckedBatch } from './checked-batch.js';
import type { EventBody } from './event-body.js';
import { readBatch, type BatchFormat } from './read-batch.js';
import type { PartitionerClient } from './partitioner-client.js';
import { UsualParts } from './usual/usual-taker.js';

export interface IntakeAnswer {
  readonly status: 202 | 422;
  readonly body: Intake | (Intake & ProblemDetails);
}

export interface IntakeParts {
  readonly project: string;
  readonly partitioners: PartitionerClient;
  readonly eventTypes: EventTypes;
  readonly metrics: EventMetrics;
  readonly logger: Pick<Logger, 'warn'>;
  /** Of the long work of this process. */
  readonly turns: Turns;
  readonly holds: LongestHolds;
  /** In the log's clock, ms since 1970: what an event without a time gets. */
  now(): number;
  /** What that clock showed at a moment of the monotonic one. */
  logTimeAt(monotonicMs: number): number;
  newId(): string;
}

export interface TakeOptions {
  /** Whether the answer names the accepted events too. */
  readonly listAll: boolean;
  /** When the request arrived: a moment of the monotonic clock. */
  readonly arrivedAt: number;
  /** Told how many results the answer will have, before anything is done; what it throws, `take` does. */
  reserve(results: number): void;
}

/** Takes a batch: checks each event, hands the good ones to the log, says what became of each. */
export class EventIntake {
  private readonly usual: UsualParts;

  constructor(private readonly parts: IntakeParts) {
    this.usual = new UsualParts(parts.project);
  }

  /**
   * Answers when the accepted events are durable. TallyError: `invalid_argument` or
   * `payload_too_large` for the batch as a whole, `unavailable` before the event types are known,
   * and what the log says when it does not confirm: some events may be in it then.
   */
  async take(
    bytes: Buffer,
    format: BatchFormat,
    { listAll, arrivedAt, reserve }: TakeOptions,
  ): Promise<IntakeAnswer> {
    const { project, metrics, newId, now } = this.parts;
    // The same for the checks and for the block: what is accepted by its age is counted by it.
    const arrivedMs = this.parts.logTimeAt(arrivedAt);
    const snapshot = this.parts.eventTypes.snapshot();
    const batch = new CheckedBatch({
      project,
      nowMs: now(),
      arrivedMs,
      maxAgeMs: (type) => snapshot.definition(project, type).maxAgeMs,
      bytes: bytes.length,
      listAll,
      usual: this.usual,
      newId,
    });
    await this.check(bytes, format, batch);

    const { accepted, assignedIds, results, rejectedBy } = batch;
    reserve(results.length);
    for (const [code, events] of rejectedBy) metrics.rejected.inc({ code }, events);
    if (accepted > 0) await this.append(batch.body, snapshot.version, assignedIds, arrivedMs);
    metrics.accepted.inc(accepted);
    const intake: Intake = {
      accepted,
      rejected: batch.rejected,
      assignedIds: assignedIds > 0 ? assignedIds : undefined,
      results,
    };
    return accepted > 0
      ? { status: 202, body: intake }
      : { status: 422, body: { ...noneAccepted(results), ...intake } };
  }

  /** A short batch at once; a long one in steps between which others have their turn. */
  private async check(bytes: Buffer, format: BatchFormat, batch: CheckedBatch): Promise<void> {
    const { turns, holds } = this.parts;
    const steps = checked(bytes, format, batch);
    if (bytes.length > BATCH_SIZES.groupBytes) return inTurns(steps, turns, holds, 'read');
    while (steps.next().done !== true);
  }

  private async append(
    body: EventBody,
    registryVersion: number,
    assigned: number,
    arrivedMs: number,
  ): Promise<void> {
    const { partitioners, metrics, logger } = this.parts;
    const { count, bytes } = body;
    try {
      await partitioners.append({
        schemaId: CURRENT_SCHEMA_ID,
        registryVersion,
        count,
        events: bytes,
        arrivedMs,
      });
    } catch (cause) {
      if (!(cause instanceof TallyError)) throw cause;
      const code = codeOf(cause);
      metrics.unconfirmed.inc({ code }, count);
      logger.warn({ error: cause, count }, 'the log did not confirm a batch');
      const known =
        'It is unknown which of the events are counted; sending the same ids again is safe.';
      const unknown = ` ${assigned} came without an id: sending those again may count them twice.`;
      const { retryAfterMs } = cause;
      throw new TallyError(
        code,
        `The log did not confirm. ${known}${assigned > 0 ? unknown : ''}`,
        retryAfterMs === undefined ? { cause } : { cause, retryAfterMs },
      );
    }
  }
}

/** Reads and checks a batch step by step. TallyError where all of it is refused. */
function* checked(bytes: Buffer, format: BatchFormat, batch: CheckedBatch): Generator<undefined> {
  for (const step of readBatch(bytes, format, BATCH_SIZES, batch.usual)) {
    yield;
    if (step.kind === 'refused') throw new TallyError(step.code, step.detail);
    if (step.kind !== 'read') batch.add(step);
  }
}

/** Which failures of the log are the caller's to see; the others are ours. */
function codeOf({ code }: TallyError): ErrorCode {
  return code === 'unavailable' || code === 'storage_full' || code === 'deadline_exceeded'
    ? code
    : 'internal';
}

/** Says of the first event what is wrong with it: often it is the same with all. */
function noneAccepted([first]: Intake['results']): ProblemDetails {
  return {
    status: 422,
    title: STATUS_CODES[422] ?? 'Unprocessable Entity',
    code: 'invalid_argument',
    detail: `none of the events was accepted: results says why; the first: ${first?.code}: ${first?.detail}`,
  };
}
