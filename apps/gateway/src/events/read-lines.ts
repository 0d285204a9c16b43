import {
  hasTooManyMarks,
  inexactOf,
  malformed,
  malformedAt,
  NO_EVENTS,
  OVERSIZED,
  parsed,
  TOO_MANY,
  type BatchSizes,
  type BatchStep,
  type BatchSteps,
  type RefusedBatch,
} from './batch-step.js';
import { trimmed } from './json-scan.js';
import { MAX_EVENTS } from './limits.js';

const NEWLINE = 0x0a;

/** Reads a batch with one event per line; lines of white space alone are passed over. */
export function* readLines(bytes: Buffer, mayLoseDigits: boolean, sizes: BatchSizes): BatchSteps {
  const lines = new Lines(mayLoseDigits, sizes);
  for (let from = 0; from < bytes.length;) {
    const to = linesEnd(bytes, from, sizes.groupBytes);
    const event = trimmed(bytes, from, to);
    const refused =
      event.to - event.from > sizes.maxEventBytes
        ? yield* lines.readLong(bytes, from, to)
        : yield* lines.read(bytes.toString('utf8', from, to));
    if (refused !== undefined) {
      yield refused;
      return;
    }
    from = to + 1;
  }
  if (lines.count === 0) yield NO_EVENTS;
}

/** Where lines end that are read together: less than twice `groupBytes`, or a single line. */
function linesEnd(bytes: Buffer, from: number, groupBytes: number): number {
  const goal = from + groupBytes;
  if (goal >= bytes.length) return bytes.length;
  const newline = bytes.indexOf(NEWLINE, goal);
  const end = newline < 0 ? bytes.length : newline;
  if (end - goal < groupBytes) return end;
  const before = bytes.subarray(from, goal).lastIndexOf(NEWLINE);
  return before < 0 ? end : from + before;
}

type LineSteps = Generator<BatchStep, RefusedBatch | undefined>;

class Lines {
  /** Events so far. */
  count = 0;
  /** Lines so far. */
  private number = 0;

  constructor(
    private readonly mayLoseDigits: boolean,
    private readonly sizes: BatchSizes,
  ) {}

  *read(text: string): LineSteps {
    let events: unknown[] = [];
    let inexact = new Set<number>();
    for (let from = 0; from <= text.length;) {
      const newline = text.indexOf('\n', from);
      const end = newline < 0 ? text.length : newline;
      const line = text.slice(from, end);
      from = end + 1;
      this.number += 1;
      if (isBlank(line)) continue;
      if (this.count === MAX_EVENTS) return TOO_MANY;
      this.count += 1;
      const isOversized = hasTooManyMarks(line, this.sizes);
      const event = isOversized ? undefined : parsed(line);
      if (event !== undefined) {
        events.push(event.value);
        if (this.mayLoseDigits && inexactOf(line).size > 0) inexact.add(events.length - 1);
        continue;
      }
      const bytes = Buffer.from(line);
      const at = yield* malformedAt(bytes, 0, bytes.length, this.sizes);
      if (at !== undefined || !isOversized) return this.malformed(at ?? line.length);
      yield { kind: 'events', events, inexact };
      yield OVERSIZED;
      events = [];
      inexact = new Set();
    }
    yield { kind: 'events', events, inexact };
    return undefined;
  }

  /** A line with an event of more bytes than it may have. */
  *readLong(bytes: Buffer, from: number, to: number): LineSteps {
    this.number += 1;
    if (this.count === MAX_EVENTS) return TOO_MANY;
    this.count += 1;
    const at = yield* malformedAt(bytes, from, to, this.sizes);
    if (at !== undefined) return this.malformed(at);
    yield OVERSIZED;
    return undefined;
  }

  private malformed(at: number): RefusedBatch {
    return malformed(
      `expected a JSON object per line, but it is malformed at line ${this.number}, character ${at}`,
    );
  }
}

function isBlank(line: string): boolean {
  for (let at = 0; at < line.length; at++) {
    const unit = line.charCodeAt(at);
    if (unit !== 0x20 && unit !== 0x09 && unit !== 0x0d) return false;
  }
  return true;
}
