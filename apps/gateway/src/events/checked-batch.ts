import type { EventResult } from '../openapi/schemas.js';
import type { BatchStep } from './batch-step.js';
import { checkEvent, idOf, type EventRules } from './check-event.js';
import { EventBody } from './event-body.js';
import { MAX_EVENT_MARKS, MAX_EVENT_TEXT_BYTES } from './limits.js';
import { rejected, type Rejection, type RejectionCode } from './rejection.js';
import { UsualTaker, type UsualParts } from './usual/usual-taker.js';

const OVERSIZED = rejected(
  'event_invalid',
  `expected an event in at most ${MAX_EVENT_TEXT_BYTES} bytes of JSON, with at most ${MAX_EVENT_MARKS} commas and colons outside of its strings`,
);

export interface CheckedBatchParts extends Omit<EventRules, 'assignId'> {
  /** Of the whole batch, as JSON. */
  readonly bytes: number;
  /** Whether the results name the accepted events too. */
  readonly listAll: boolean;
  /** Takes usual events as they lie in the batch, unless all are listed; without it, none. */
  readonly usual?: UsualParts;
  newId(): string;
}

/** The events of a batch as they are checked: the good ones encoded, and what became of each. */
export class CheckedBatch {
  /** In the order of the batch: the rejected ones, or all. */
  readonly results: EventResult[] = [];
  /** Events that came without an id. */
  assignedIds = 0;
  /** How many were rejected so far. */
  rejected = 0;
  /** How many were rejected so far, by code. */
  readonly rejectedBy = new Map<RejectionCode, number>();
  private readonly rules: EventRules;
  /** By id, when all are listed: the first accepted event and the hash of its contents. */
  private readonly firsts = new Map<string, { readonly index: number; readonly content: number }>();
  /** The accepted ones, encoded. */
  readonly body: EventBody;
  /** Takes what need not be read step by step, see `readBatch`. */
  readonly usual: UsualTaker | undefined;

  constructor(private readonly parts: CheckedBatchParts) {
    const { project, nowMs, arrivedMs, bytes, listAll, usual, newId } = parts;
    this.rules = {
      project,
      nowMs,
      arrivedMs,
      maxAgeMs: (type) => parts.maxAgeMs(type),
      assignId: () => {
        this.assignedIds += 1;
        return newId();
      },
    };
    this.body = new EventBody(bytes);
    this.usual =
      usual === undefined || listAll ? undefined : new UsualTaker(usual, this.rules, this.body);
  }

  /** Events so far. */
  get count(): number {
    return this.accepted + this.rejected;
  }

  /** Events that were accepted so far. */
  get accepted(): number {
    return this.body.count;
  }

  /** Checks what a step of reading has found. */
  add(step: Exclude<BatchStep, { kind: 'read' | 'refused' }>): void {
    if (step.kind === 'oversized') {
      this.reject(undefined, OVERSIZED);
      return;
    }
    if (step.kind === 'malformed') {
      this.reject(undefined, rejected('event_invalid', step.detail));
      return;
    }
    const { events, inexact } = step;
    const { listAll } = this.parts;
    const { body } = this;
    for (let index = 0; index < events.length; index++) {
      const event = checkEvent(events[index], inexact.has(index), this.rules);
      if ('kind' in event) {
        this.reject(listAll ? idOf(events[index]) : undefined, event);
        continue;
      }
      body.add(event);
      if (listAll) this.results.push(this.resultOf(event.id, body.lastContent));
    }
  }

  /** Of an accepted event; the first of an id is the one that counts. */
  private resultOf(id: string, content: number): EventResult {
    const index = this.count - 1;
    const first = this.firsts.get(id);
    if (first === undefined) {
      this.firsts.set(id, { index, content });
      return { index, status: 'accepted', id };
    }
    const detail =
      first.content === content
        ? `a copy of the event at index ${first.index}`
        : `the event at index ${first.index} has this id and other contents, and is the one that counts`;
    return { index, status: 'duplicate', id, detail };
  }

  private reject(id: string | undefined, { code, detail }: Rejection): void {
    this.results.push({ index: this.count, status: 'rejected', id, code, detail });
    this.rejectedBy.set(code, (this.rejectedBy.get(code) ?? 0) + 1);
    this.rejected += 1;
  }
}
