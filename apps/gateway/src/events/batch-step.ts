import type { ErrorCode } from '@tally/contracts';
import { JsonCourse } from './json-course.js';
import { spaceEnd, spaceStart } from './json-scan.js';
import { walkJson } from './json-walk.js';
import { MAX_EVENT_MARKS, MAX_EVENT_TEXT_BYTES, MAX_EVENTS, MAX_NESTING } from './limits.js';

/** What one step of reading a batch came to. */
export type BatchStep =
  /** Nothing to hand on; more steps follow. */
  | { readonly kind: 'read' }
  | {
      readonly kind: 'events';
      /** The next of the batch: what JSON.parse made of them, unchecked. */
      readonly events: readonly unknown[];
      /** Indexes of those in `events` whose `value` had digits that are lost. */
      readonly inexact: ReadonlySet<number>;
    }
  /** The next event of the batch has a text too large for one: it was not read. */
  | { readonly kind: 'oversized' }
  /** The next event of the batch is no JSON, or nests too deep: where, for people. */
  | { readonly kind: 'malformed'; readonly detail: string }
  | RefusedBatch;

/** Steps, the last of which may refuse the whole. */
export type BatchSteps = Generator<BatchStep, void>;

/** The whole body is refused, with all that was handed on of it. No step follows. */
export interface RefusedBatch {
  readonly kind: 'refused';
  readonly code: Extract<ErrorCode, 'invalid_argument' | 'payload_too_large'>;
  readonly detail: string;
}

/** How much a step does. A test makes them small, so that everything lies across an edge. */
export interface BatchSizes {
  /** Looked at, at once. */
  readonly stepBytes: number;
  /** Parsed and handed on at once: less than twice as much, or one event. */
  readonly groupBytes: number;
  /** Of one event, at least two groups. */
  readonly maxEventBytes: number;
  readonly maxEventMarks: number;
}

/**
 * A step takes few ms at most: what is dear are names that were not seen before, 1.5 µs each, and
 * more the more of them are parsed at once.
 */
export const BATCH_SIZES: BatchSizes = {
  stepBytes: 256 * 1024,
  groupBytes: 8 * 1024,
  maxEventBytes: MAX_EVENT_TEXT_BYTES,
  maxEventMarks: MAX_EVENT_MARKS,
};

/** So many bytes more than twice those before are read together of events that are not usual. */
const FEW_BYTES = 512;

/**
 * How many bytes are read together where an event is that is not usual: it alone when some in front of it
 * were usual (`taken`), and more each time when they were not, as each group costs more than an event.
 */
export function groupBytesBehind(
  taken: number,
  lastBytes: number,
  { groupBytes }: BatchSizes,
): number {
  return taken > 1 ? 0 : Math.min(2 * lastBytes + FEW_BYTES, groupBytes);
}

const BYTE_ORDER_MARK = Buffer.from('\ufeff');

export const NOT_UTF8 = 'expected UTF-8, got other bytes';
export const TOO_DEEP = `expected at most ${MAX_NESTING} levels of nesting`;
export const READ: BatchStep = { kind: 'read' };
export const OVERSIZED: BatchStep = { kind: 'oversized' };
export const NO_DIGITS_LOST: ReadonlySet<number> = new Set();
export const NO_EVENTS = malformed('expected at least one event, got none');
export const NO_EVENT = malformed('expected an event (an object) or an array of events');
export const TOO_MANY: RefusedBatch = {
  kind: 'refused',
  code: 'payload_too_large',
  detail: `expected at most ${MAX_EVENTS} events in one request`,
};

export function malformed(detail: string): RefusedBatch {
  return { kind: 'refused', code: 'invalid_argument', detail };
}

/** Some programs of Windows write a byte order mark first: it says nothing of UTF-8. */
export function withoutMark(bytes: Buffer): Buffer {
  const { length } = BYTE_ORDER_MARK;
  return BYTE_ORDER_MARK.equals(bytes.subarray(0, length)) ? bytes.subarray(length) : bytes;
}

/** What the text is, or undefined when it is malformed. */
export function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** What is in the bytes from `from` to `to` without white space around it, which may be all of a body. */
export function* trimmed(
  bytes: Buffer,
  from: number,
  to: number,
  { stepBytes }: BatchSizes,
): Generator<BatchStep, { readonly from: number; readonly to: number }> {
  let [start, end] = [from, to];
  for (let stop = start; start === stop && start < to;) {
    if (start > from) yield READ;
    stop = Math.min(start + stepBytes, to);
    start = spaceEnd(bytes, start, stop);
  }
  for (let stop = end; end === stop && end > start;) {
    if (end < to) yield READ;
    stop = Math.max(end - stepBytes, start);
    end = spaceStart(bytes, stop, end);
  }
  return { from: start, to: end };
}

/** A course reads so much slower than a scan looks. */
const COURSE_SHARE = 1 / 4;

/** Where the bytes from `from` to `to` stop being a JSON text, in characters; undefined when they are one. */
export function* malformedAt(
  bytes: Buffer,
  from: number,
  to: number,
  { stepBytes }: BatchSizes,
): Generator<BatchStep, number | undefined> {
  const course = new JsonCourse(bytes, from, to, Math.ceil(stepBytes * COURSE_SHARE));
  while (!course.step()) yield READ;
  return course.malformedAt;
}

/** Indexes (0 for a single event) of the events of a text whose `value` lost digits. */
export function inexactOf(text: string): ReadonlySet<number> {
  const walked = walkJson(text);
  return walked.kind === 'walked' ? walked.inexact : NO_DIGITS_LOST;
}

/** Whether the text of an event has more members and elements than may be parsed. */
export function hasTooManyMarks(text: string, { maxEventMarks }: BatchSizes): boolean {
  if (text.length <= smallestOversized(maxEventMarks)) return false;
  let marks = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) {
      for (at += 1; at < text.length && text.charCodeAt(at) !== 0x22; at++)
        if (text.charCodeAt(at) === 0x5c) at += 1;
    } else if (unit === 0x2c || unit === 0x3a) marks += 1;
  }
  return marks > maxEventMarks;
}

/** Parsing cannot be interrupted, so what is too large for an event is never parsed. */
export function isOversized(bytes: Buffer, from: number, to: number, sizes: BatchSizes): boolean {
  return (
    to - from > sizes.maxEventBytes || hasTooManyMarks(bytes.toString('utf8', from, to), sizes)
  );
}

/** Characters that a text of so many marks has at least: no two stand together. */
export function smallestOversized(maxEventMarks: number): number {
  return 2 * maxEventMarks;
}
