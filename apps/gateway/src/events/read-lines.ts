import { isUtf8 } from 'node:buffer';
import {
  hasTooManyMarks,
  inexactOf,
  malformedAt,
  NO_EVENTS,
  NOT_UTF8,
  OVERSIZED,
  parsed,
  TOO_DEEP,
  TOO_MANY,
  type BatchSizes,
  type BatchStep,
  type BatchSteps,
  type RefusedBatch,
} from './batch-step.js';
import { scanJson, trimmed, type JsonScan } from './json-scan.js';
import { MAX_EVENTS } from './limits.js';

const NEWLINE = 0x0a;
/** A line of a text that was printed for people. */
const OPENING = new Set(['{', '[']);
const ONE_TEXT = '; a text of several lines is sent as Content-Type application/json';
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Reads a batch with one event per line; lines of white space alone are passed over, and so is a byte order mark
 * before a line. A line that is no
 * JSON costs itself alone. What `scan` saw of the whole holds up to the first such line.
 */
export function* readLines(
  bytes: Buffer,
  scan: Pick<JsonScan, 'isTooDeep' | 'mayLoseDigits'>,
  isAllUtf8: boolean,
  sizes: BatchSizes,
): BatchSteps {
  const lines = new Lines(scan, sizes);
  for (let from = 0; from < bytes.length;) {
    // Which lines are no UTF-8 is seen in their bytes alone: then each is a group of its own.
    const to = linesEnd(bytes, from, isAllUtf8 ? sizes.groupBytes : 0);
    const event = trimmed(bytes, from, to);
    const isLong = event.to - event.from > sizes.maxEventBytes;
    const refused = isLong
      ? yield* lines.pass()
      : isAllUtf8 || isUtf8(bytes.subarray(from, to))
        ? yield* lines.read(bytes.toString('utf8', from, to))
        : yield* lines.pass(NOT_UTF8);
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

  /** Whether each line has to be looked at by itself. */
  private isDoubtful: boolean;

  constructor(
    private readonly scan: Pick<JsonScan, 'isTooDeep' | 'mayLoseDigits'>,
    private readonly sizes: BatchSizes,
  ) {
    this.isDoubtful = scan.isTooDeep;
  }

  *read(text: string): LineSteps {
    let events: unknown[] = [];
    let inexact = new Set<number>();
    for (let from = 0; from <= text.length;) {
      const newline = text.indexOf('\n', from);
      const end = newline < 0 ? text.length : newline;
      // Files that were put one behind the other each begin with it.
      const line = text.slice(text.startsWith(BYTE_ORDER_MARK, from) ? from + 1 : from, end);
      from = end + 1;
      this.number += 1;
      if (isBlank(line)) continue;
      if (this.count === MAX_EVENTS) return TOO_MANY;
      this.count += 1;
      const isOversized = hasTooManyMarks(line, this.sizes);
      const looks = this.isDoubtful && !isOversized ? scanJson(Buffer.from(line)) : this.scan;
      const isTooDeep = this.isDoubtful && looks.isTooDeep;
      const event = isOversized || isTooDeep ? undefined : parsed(line);
      if (event !== undefined) {
        events.push(event.value);
        if (looks.mayLoseDigits && inexactOf(line).size > 0) inexact.add(events.length - 1);
        continue;
      }
      yield { kind: 'events', events, inexact };
      events = [];
      inexact = new Set();
      // From here on the scan of the whole may have been inside of a string, or at another depth.
      this.isDoubtful = true;
      if (isOversized) yield OVERSIZED;
      else if (isTooDeep) yield this.malformed(TOO_DEEP);
      else {
        const bytes = Buffer.from(line);
        const at = (yield* malformedAt(bytes, 0, bytes.length, this.sizes)) ?? line.length;
        const hint = OPENING.has(line.trim()) ? ONE_TEXT : '';
        yield this.malformed(`expected JSON, malformed at character ${at}${hint}`);
      }
    }
    yield { kind: 'events', events, inexact };
    return undefined;
  }

  /** A line that is not read: because it is too long, if nothing else is said. */
  *pass(why?: string): LineSteps {
    this.number += 1;
    if (this.count === MAX_EVENTS) return TOO_MANY;
    this.count += 1;
    this.isDoubtful = true;
    yield why === undefined ? OVERSIZED : this.malformed(why);
    return undefined;
  }

  private malformed(what: string): BatchStep {
    return { kind: 'malformed', detail: `line ${this.number}: ${what}` };
  }
}

function isBlank(line: string): boolean {
  for (let at = 0; at < line.length; at++) {
    const unit = line.charCodeAt(at);
    if (unit !== 0x20 && unit !== 0x09 && unit !== 0x0d) return false;
  }
  return true;
}
