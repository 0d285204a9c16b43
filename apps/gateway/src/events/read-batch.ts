import { isUtf8 } from 'node:buffer';
import {
  BATCH_SIZES,
  hasTooManyMarks,
  inexactOf,
  malformed,
  malformedAt,
  NO_DIGITS_LOST,
  NO_EVENT,
  NO_EVENTS,
  OVERSIZED,
  parsed,
  READ,
  smallestOversized,
  TOO_MANY,
  type BatchSizes,
  type BatchStep,
  type BatchSteps,
} from './batch-step.js';
import { JsonScan, trimmed } from './json-scan.js';
import { MAX_EVENTS, MAX_NESTING } from './limits.js';
import { readLines } from './read-lines.js';

export type BatchFormat = 'json' | 'ndjson';

const OBJECT = 0x7b;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/**
 * Reads a batch step by step, so that a large one does not hold the event loop: its events in their
 * order, and when it has to be refused as a whole, that at last. Of two members with one name in an
 * object, the last counts.
 */
export function* readBatch(
  given: Buffer,
  format: BatchFormat,
  sizes: BatchSizes = BATCH_SIZES,
): BatchSteps {
  const bytes = withoutMark(given);
  if (!isUtf8(bytes)) {
    yield malformed('expected UTF-8, got other bytes');
    return;
  }
  const { stepBytes, groupBytes, maxEventMarks } = sizes;
  const cuts = { stepBytes, groupBytes, largeBytes: smallestOversized(maxEventMarks) };
  const scan = new JsonScan(bytes, cuts, MAX_EVENTS);
  while (!scan.step()) yield READ;
  if (scan.isTooDeep) yield malformed(`expected at most ${MAX_NESTING} levels of nesting`);
  else if (format === 'ndjson') yield* readLines(bytes, scan.mayLoseDigits, sizes);
  else if (scan.isListBegun) yield* readList(bytes, scan, sizes);
  else yield* readOne(bytes, scan.mayLoseDigits, sizes);
}

/** Some programs of Windows write a byte order mark first: it says nothing of UTF-8. */
function withoutMark(bytes: Buffer): Buffer {
  const { length } = BYTE_ORDER_MARK;
  return BYTE_ORDER_MARK.equals(bytes.subarray(0, length)) ? bytes.subarray(length) : bytes;
}

function* readList(bytes: Buffer, scan: JsonScan, sizes: BatchSizes): BatchSteps {
  const { isList, elements, groups } = scan;
  if (!isList || elements > MAX_EVENTS) {
    yield* end(bytes, sizes, TOO_MANY);
    return;
  }
  for (const { isLarge, mayLoseDigits, ...group } of groups) {
    const { from, to } = isLarge ? trimmed(bytes, group.from, group.to) : group;
    if (isLarge && isOversized(bytes, from, to, sizes)) {
      if ((yield* malformedAt(bytes, from, to, sizes)) !== undefined) {
        yield* end(bytes, sizes);
        return;
      }
      yield OVERSIZED;
      continue;
    }
    const text = `[${bytes.toString('utf8', from, to)}]`;
    const events = parsed(text)?.value;
    const isRead = Array.isArray(events) && (events.length > 0 || groups.length === 1);
    if (!isRead) {
      yield* end(bytes, sizes);
      return;
    }
    if (events.length === 0) yield NO_EVENTS;
    else
      yield { kind: 'events', events, inexact: mayLoseDigits ? inexactOf(text) : NO_DIGITS_LOST };
  }
}

/** A text that is no list: one event, or nothing of use. */
function* readOne(bytes: Buffer, mayLoseDigits: boolean, sizes: BatchSizes): BatchSteps {
  const { from, to } = trimmed(bytes, 0, bytes.length);
  const isObject = bytes[from] === OBJECT;
  if (isOversized(bytes, from, to, sizes)) {
    yield* end(bytes, sizes, isObject ? OVERSIZED : NO_EVENT);
    return;
  }
  const text = bytes.toString('utf8', from, to);
  const event = parsed(text);
  if (event === undefined) yield* end(bytes, sizes);
  else if (!isObject) yield NO_EVENT;
  else {
    const inexact = mayLoseDigits ? inexactOf(text) : NO_DIGITS_LOST;
    yield { kind: 'events', events: [event.value], inexact };
  }
}

/** Parsing cannot be interrupted, so what is too large for an event is never parsed. */
function isOversized(bytes: Buffer, from: number, to: number, sizes: BatchSizes): boolean {
  return (
    to - from > sizes.maxEventBytes || hasTooManyMarks(bytes.toString('utf8', from, to), sizes)
  );
}

/** The last step: where the body is malformed, or `otherwise`. */
function* end(bytes: Buffer, sizes: BatchSizes, otherwise?: BatchStep): BatchSteps {
  const at = yield* malformedAt(bytes, 0, bytes.length, sizes);
  if (at === undefined && otherwise !== undefined) yield otherwise;
  else
    yield malformed(
      `expected JSON, but it is malformed at character ${at ?? bytes.toString().length}`,
    );
}
