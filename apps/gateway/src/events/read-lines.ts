import { isUtf8 } from 'node:buffer';
import {
  groupBytesBehind,
  hasTooManyMarks,
  inexactOf,
  malformedAt,
  NO_EVENTS,
  NOT_UTF8,
  OVERSIZED,
  parsed,
  READ,
  TOO_DEEP,
  TOO_MANY,
  trimmed,
  withoutMark,
  type BatchSizes,
  type BatchStep,
  type BatchSteps,
  type RefusedBatch,
} from './batch-step.js';
import { NEWLINE } from './json-bytes.js';
import { isSpace, scanJson } from './json-scan.js';
import { MAX_EVENTS } from './limits.js';
import type { UsualTaker } from './usual/usual-taker.js';

/** A line of a text that was printed for people. */
const OPENING = new Set(['{', '[']);
const ONE_TEXT = '; a text of several lines is sent as Content-Type application/json';
const BYTE_ORDER_MARK = 0xfeff;
const NONE = -1;

/**
 * Reads a batch with one event per line; lines of white space alone are passed over, and so is a byte
 * order mark before a line. A line that is no JSON costs itself alone.
 */
export function* readLines(
  bytes: Buffer,
  isAllUtf8: boolean,
  sizes: BatchSizes,
  usual?: UsualTaker,
): BatchSteps {
  const lines = new Lines(sizes);
  let groupBytes = usual === undefined ? sizes.groupBytes : 0;
  for (let from = 0; from < bytes.length;) {
    const most = MAX_EVENTS - lines.count;
    if (usual !== undefined && most > 0) {
      const taken = usual.take(bytes, from, 'line', most, sizes.groupBytes);
      groupBytes = groupBytesBehind(taken, groupBytes, sizes);
      if (taken > 0) {
        lines.count += taken;
        lines.number += taken;
        from = usual.end + 1;
      }
      if (!usual.hasStopped) {
        yield READ;
        continue;
      }
    }
    const to = linesEnd(bytes, from, groupBytes);
    const isOneLine = to - from >= 2 * sizes.groupBytes;
    // White space around one event may be all of a body.
    const part = isOneLine ? yield* trimmed(bytes, from, to, sizes) : { from, to };
    const group = bytes.subarray(part.from, part.to);
    const refused =
      group.length > sizes.maxEventBytes
        ? yield* lines.pass()
        : isAllUtf8 || isUtf8(group)
          ? yield* lines.read(group, isOneLine ? bytes.subarray(from, to) : undefined)
          : yield* lines.readEach(group);
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
  number = 0;

  constructor(private readonly sizes: BatchSizes) {}

  /** `whole`: the bytes of a group that is one line, with the white space around it. */
  *read(group: Buffer, whole?: Buffer): LineSteps {
    const text = group.toString();
    const scan = scanJson(group);
    /** Whether each line has to be looked at by itself. */
    let isDoubtful = scan.isTooDeep;
    let events: unknown[] = [];
    let inexact = new Set<number>();
    for (let end = NONE; ;) {
      const from = this.blankEnd(text, end + 1);
      if (from === NONE) break;
      end = lineEnd(text, from);
      // Files that were put one behind the other each begin with it.
      const isMarked =
        text.charCodeAt(from) === BYTE_ORDER_MARK &&
        (whole === undefined || withoutMark(whole) !== whole);
      const line = text.slice(isMarked ? from + 1 : from, end);
      this.number += 1;
      if (this.count === MAX_EVENTS) return TOO_MANY;
      this.count += 1;
      const isOversized = hasTooManyMarks(line, this.sizes);
      const looks = isDoubtful && !isOversized ? scanJson(Buffer.from(line)) : scan;
      const isTooDeep = isDoubtful && looks.isTooDeep;
      const event = isOversized || isTooDeep ? undefined : parsed(line);
      if (event !== undefined) {
        events.push(event.value);
        if (looks.mayLoseDigits && inexactOf(line).size > 0) inexact.add(events.length - 1);
        continue;
      }
      yield { kind: 'events', events, inexact };
      events = [];
      inexact = new Set();
      // From here on the scan of the group may have been inside of a string, or at another depth.
      isDoubtful = true;
      if (isOversized) yield OVERSIZED;
      else if (isTooDeep) yield this.malformed(TOO_DEEP);
      else {
        const bytes = whole === undefined ? Buffer.from(line) : withoutMark(whole);
        const at = (yield* malformedAt(bytes, 0, bytes.length, this.sizes)) ?? line.length;
        const hint = OPENING.has(line.trim()) ? ONE_TEXT : '';
        yield this.malformed(`expected JSON, malformed at character ${at}${hint}`);
      }
    }
    yield { kind: 'events', events, inexact };
    return undefined;
  }

  /** Lines of which one at least is no UTF-8: which, is seen in the bytes of each alone. */
  *readEach(bytes: Buffer): LineSteps {
    const units = bytes.toString('latin1');
    for (let end = NONE; ;) {
      const from = this.blankEnd(units, end + 1);
      if (from === NONE) return undefined;
      end = lineEnd(units, from);
      const line = bytes.subarray(from, end);
      const refused = isUtf8(line) ? yield* this.read(line) : yield* this.pass(NOT_UTF8);
      if (refused !== undefined) return refused;
    }
  }

  /** A line that is not read: because it is too long, if nothing else is said. */
  *pass(why?: string): LineSteps {
    this.number += 1;
    if (this.count === MAX_EVENTS) return TOO_MANY;
    this.count += 1;
    yield why === undefined ? OVERSIZED : this.malformed(why);
    return undefined;
  }

  /**
   * Where the next line begins that is not blank, of those from `from` on; NONE: no line is. They are
   * passed over here, because a body may have millions of them.
   */
  private blankEnd(text: string, from: number): number {
    if (from > text.length) return NONE;
    let start = from;
    for (let at = from; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (!isSpace(unit) && !(at === start && unit === BYTE_ORDER_MARK)) return start;
      if (unit !== NEWLINE) continue;
      this.number += 1;
      start = at + 1;
    }
    this.number += 1;
    return NONE;
  }

  private malformed(what: string): BatchStep {
    return { kind: 'malformed', detail: `line ${this.number}: ${what}` };
  }
}

function lineEnd(text: string, from: number): number {
  const newline = text.indexOf('\n', from);
  return newline < 0 ? text.length : newline;
}
