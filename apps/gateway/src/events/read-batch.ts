import { isUtf8 } from 'node:buffer';
import {
  BATCH_SIZES,
  inexactOf,
  isOversized,
  malformed,
  malformedAt,
  NO_DIGITS_LOST,
  NO_EVENT,
  NOT_UTF8,
  OVERSIZED,
  parsed,
  READ,
  smallestOversized,
  TOO_DEEP,
  TOO_MANY,
  trimmed,
  withoutMark,
  type BatchSizes,
  type BatchStep,
  type BatchSteps,
} from './batch-step.js';
import { NEWLINE, OBJECT } from './json-bytes.js';
import { JsonScan } from './json-scan.js';
import { MAX_EVENTS } from './limits.js';
import { readLines } from './read-lines.js';
import { readList } from './read-list.js';
import type { UsualTaker } from './usual/usual-taker.js';

export type BatchFormat = 'json' | 'ndjson';

/** A bracket or quote is left open, or there is something behind the list. */
const UNSPLIT = '; where its events begin and end cannot be told, so none was taken';
/** Many programs write JSON lines and call them JSON. */
const LINES_HINT =
  '; where each line is an event, expected Content-Type application/x-ndjson, got that of a JSON text';

/**
 * Reads a batch step by step, so that a large one does not hold the event loop: its events in their
 * order, and when it has to be refused as a whole, that at last. Of two members with one name in an
 * object, the last counts. `usual` takes those events that it knows as they lie there; without it, all
 * are handed on.
 */
export function* readBatch(
  given: Buffer,
  format: BatchFormat,
  sizes: BatchSizes = BATCH_SIZES,
  usual?: UsualTaker,
): BatchSteps {
  const bytes = withoutMark(given);
  const isAllUtf8 = isUtf8(bytes);
  const taker = isAllUtf8 ? usual : undefined;
  if (format === 'ndjson') {
    yield* readLines(bytes, isAllUtf8, sizes, taker);
    return;
  }
  const { stepBytes, groupBytes, maxEventMarks } = sizes;
  if (taker?.take(bytes, 0, 'alone', 1, groupBytes) === 1) return;
  const cuts = { stepBytes, groupBytes, largeBytes: smallestOversized(maxEventMarks) };
  const scan = new JsonScan(bytes, cuts, MAX_EVENTS);
  while (!scan.step() && !scan.isListBegun) yield READ;
  if (scan.isListBegun) yield* readList(bytes, scan, isAllUtf8, sizes, taker);
  if (scan.isList) {
    if (scan.elements > MAX_EVENTS) yield TOO_MANY;
  } else if (!isAllUtf8) yield malformed(NOT_UTF8);
  else if (scan.isTooDeep) yield malformed(TOO_DEEP);
  else if (scan.isListBegun) yield* end(bytes, sizes, undefined, UNSPLIT);
  else yield* readOne(bytes, scan.mayLoseDigits, sizes);
}

/** A text that is no list: one event, or nothing of use. */
function* readOne(bytes: Buffer, mayLoseDigits: boolean, sizes: BatchSizes): BatchSteps {
  const { from, to } = yield* trimmed(bytes, 0, bytes.length, sizes);
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

/** The last step: where the body is malformed, or `otherwise`. */
function* end(bytes: Buffer, sizes: BatchSizes, otherwise?: BatchStep, more = ''): BatchSteps {
  const at = yield* malformedAt(bytes, 0, bytes.length, sizes);
  if (at === undefined && otherwise !== undefined) yield otherwise;
  else {
    const character = at ?? bytes.toString().length;
    const hint = (yield* isOfLines(bytes, sizes)) ? LINES_HINT : more;
    yield malformed(`expected JSON, but it is malformed at character ${character}${hint}`);
  }
}

/** Whether the first line is an object by itself, though the whole is no JSON. */
function* isOfLines(bytes: Buffer, sizes: BatchSizes): Generator<BatchStep, boolean> {
  const { from } = yield* trimmed(bytes, 0, bytes.length, sizes);
  const to = bytes.indexOf(NEWLINE, from);
  if (bytes[from] !== OBJECT || to < 0 || isOversized(bytes, from, to, sizes)) return false;
  return parsed(bytes.toString('utf8', from, to)) !== undefined;
}
