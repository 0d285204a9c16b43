import { isUtf8 } from 'node:buffer';
import type { ErrorCode } from '@tally/contracts';
import { scanJson } from './json-scan.js';
import { walkJson } from './json-walk.js';
import { MAX_EVENTS, MAX_NESTING } from './limits.js';

export type BatchFormat = 'json' | 'ndjson';

export interface Batch {
  readonly kind: 'batch';
  /** At least one; what JSON.parse made of them, unchecked. */
  readonly events: readonly unknown[];
  /** Indexes of events whose `value` had digits that are lost in `events`. */
  readonly inexact: ReadonlySet<number>;
}

/** The whole body is refused. */
export interface RefusedBatch {
  readonly kind: 'refused';
  readonly code: Extract<ErrorCode, 'invalid_argument' | 'payload_too_large'>;
  readonly detail: string;
}

const NONE: ReadonlySet<number> = new Set();

/** Of two members with one name in an object, the last counts. */
export function parseBatch(bytes: Buffer, format: BatchFormat): Batch | RefusedBatch {
  if (!isUtf8(bytes)) return malformed('expected UTF-8, got other bytes');
  const scan = scanJson(bytes);
  if (scan.isTooDeep) return malformed(`expected at most ${MAX_NESTING} levels of nesting`);
  const text = bytes.toString();
  const batch =
    format === 'json' ? parseJson(text, scan.mayLoseDigits) : parseLines(text, scan.mayLoseDigits);
  if (batch.kind === 'refused') return batch;
  if (batch.events.length === 0) return malformed('expected at least one event, got none');
  if (batch.events.length > MAX_EVENTS) return tooMany();
  return batch;
}

function parseJson(text: string, mayLoseDigits: boolean): Batch | RefusedBatch {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return malformed(`expected JSON, but it is malformed at character ${characterOfError(text)}`);
  }
  if (typeof parsed !== 'object' || parsed === null)
    return malformed('expected an event (an object) or an array of events');
  const events: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  return { kind: 'batch', events, inexact: mayLoseDigits ? inexactOf(text) : NONE };
}

/** One event per line; lines of white space alone are passed over. */
function parseLines(text: string, mayLoseDigits: boolean): Batch | RefusedBatch {
  const events: unknown[] = [];
  const inexact = new Set<number>();
  for (let from = 0, number = 1; from < text.length; number++) {
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(from, end);
    from = end + 1;
    if (isBlank(line)) continue;
    if (events.length === MAX_EVENTS) return tooMany();
    try {
      events.push(JSON.parse(line));
    } catch {
      const at = `line ${number}, character ${characterOfError(line)}`;
      return malformed(`expected a JSON object per line, but it is malformed at ${at}`);
    }
    if (mayLoseDigits && inexactOf(line).size > 0) inexact.add(events.length - 1);
  }
  return { kind: 'batch', events, inexact };
}

function isBlank(line: string): boolean {
  for (let at = 0; at < line.length; at++) {
    const unit = line.charCodeAt(at);
    if (unit !== 0x20 && unit !== 0x09 && unit !== 0x0d) return false;
  }
  return true;
}

function characterOfError(text: string): number {
  const walked = walkJson(text);
  return walked.kind === 'malformed' ? walked.at : text.length;
}

function inexactOf(text: string): ReadonlySet<number> {
  const walked = walkJson(text);
  return walked.kind === 'walked' ? walked.inexact : NONE;
}

function malformed(detail: string): RefusedBatch {
  return { kind: 'refused', code: 'invalid_argument', detail };
}

function tooMany(): RefusedBatch {
  return {
    kind: 'refused',
    code: 'payload_too_large',
    detail: `expected at most ${MAX_EVENTS} events in one request`,
  };
}
