import { STATUS_CODES } from 'node:http';
import { CURRENT_SCHEMA_ID, type ErrorCode, TallyError } from '@tally/contracts';
import { type Logger, type ProblemDetails } from '@tally/service-kit';
import type { EventMetrics } from '../metrics.js';
import type { EventTypes } from '../event-types/event-types.js';
import type { EventResult, Intake } from '../openapi/schemas.js';
import { checkEvent, idOf, type EventRules } from './check-event.js';
import { EventBody } from './event-body.js';
import { parseBatch, type BatchFormat } from './parse-batch.js';
import type { PartitionerClient } from './partitioner-client.js';

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
  now(): number;
  newId(): string;
}

/** Takes a batch: checks each event, hands the good ones to the log, says what became of each. */
export class EventIntake {
  constructor(private readonly parts: IntakeParts) {}

  /**
   * Answers when the accepted events are durable. TallyError: `invalid_argument` or
   * `payload_too_large` for the batch as a whole, `unavailable` before the event types are known,
   * and what the log says when it does not confirm: some events may be in it then.
   *
   * @param arrivedAt When the request arrived: a moment of the monotonic clock.
   */
  async take(
    bytes: Buffer,
    format: BatchFormat,
    listAll: boolean,
    arrivedAt: number,
  ): Promise<IntakeAnswer> {
    const { project, metrics, newId, now } = this.parts;
    const snapshot = this.parts.eventTypes.snapshot();
    const batch = parseBatch(bytes, format);
    if (batch.kind === 'refused') throw new TallyError(batch.code, batch.detail);

    let assignedIds = 0;
    const rules: EventRules = {
      project,
      nowMs: now(),
      maxAgeMs: (type) => snapshot.definition(project, type).maxAgeMs,
      assignId: () => {
        assignedIds += 1;
        return newId();
      },
    };
    const body = new EventBody(bytes.length, batch.events.length);
    const results: EventResult[] = [];
    for (let index = 0; index < batch.events.length; index++) {
      const event = checkEvent(batch.events[index], batch.inexact.has(index), rules);
      if ('kind' in event) {
        const { code, detail } = event;
        const id = listAll ? idOf(batch.events[index]) : undefined;
        results.push({ index, status: 'rejected', id, code, detail });
        metrics.rejected.inc({ code });
      } else {
        body.add(event);
        if (listAll) results.push({ index, status: 'accepted', id: event.id });
      }
    }

    if (body.count > 0) await this.append(body, snapshot.version, assignedIds, arrivedAt);
    metrics.accepted.inc(body.count);
    const intake: Intake = {
      accepted: body.count,
      rejected: batch.events.length - body.count,
      assignedIds: assignedIds > 0 ? assignedIds : undefined,
      results,
    };
    return body.count > 0
      ? { status: 202, body: intake }
      : { status: 422, body: { ...NONE_ACCEPTED, ...intake } };
  }

  private async append(
    body: EventBody,
    registryVersion: number,
    assigned: number,
    arrivedAt: number,
  ): Promise<void> {
    const { partitioners, metrics, logger } = this.parts;
    const { count, bytes } = body;
    try {
      await partitioners.append({
        schemaId: CURRENT_SCHEMA_ID,
        registryVersion,
        count,
        events: bytes,
        arrivedAt,
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

/** Which failures of the log are the caller's to see; the others are ours. */
function codeOf({ code }: TallyError): ErrorCode {
  return code === 'unavailable' || code === 'storage_full' || code === 'deadline_exceeded'
    ? code
    : 'internal';
}

const NONE_ACCEPTED: ProblemDetails = {
  status: 422,
  title: STATUS_CODES[422] ?? 'Unprocessable Entity',
  code: 'invalid_argument',
  detail: 'none of the events was accepted: results says why',
};
