import { parseAccessLine, readAccessLine } from './access-log.js';
import { readCsv } from './csv.js';
import { ImportProblem } from './import-problem.js';
import type { Input } from './input.js';
import { readJsonLine } from './json-line.js';
import { linesOf } from './lines.js';
import type { MappingOptions } from './mapping.js';
import { MAX_RECORD_BYTES, unreadable, type InputRecord, type Reading } from './reading.js';

/** Common and Combined Log Format, one JSON object a line, comma-separated values. */
export const FORMATS = ['clf', 'ndjson', 'csv'] as const;
/** A kind of file that can be imported. */
export type Format = (typeof FORMATS)[number];

/** How records become events. */
export interface FormatOptions extends MappingOptions {
  /** Undefined: seen from the first lines. */
  readonly format: Format | undefined;
  readonly keepQuery: boolean;
}

/** Lines that are looked at: servers of the open internet log garbage too. */
const LINES_SEEN = 20;

/** The records of an input, in order. ImportProblem when its format cannot be told. */
export function recordsOf(input: Input, options: FormatOptions): AsyncIterable<InputRecord> {
  const format = options.format ?? seenFormat(input, options);
  switch (format) {
    case 'clf':
      if (options.mapping.size > 0)
        throw new ImportProblem(`${input.name} is an access log: --map is for NDJSON and CSV`);
      return readLines(input, (line, id) => readAccessLine(line.toString(), id, options));
    case 'ndjson':
      return readLines(input, (line, id) => readJsonLine(line, id, options));
    case 'csv':
      return readCsv(input, options);
  }
}

function seenFormat({ head, name }: Input, { mapping }: FormatOptions): Format {
  const lines = head
    .toString()
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .slice(0, LINES_SEEN);
  if (lines.some((line) => typeof parseAccessLine(line) === 'object')) return 'clf';
  if (lines.some(isJsonObject)) return 'ndjson';
  if (mapping.size > 0 || /(^|,)"?subject"?(,|$)/.test(lines[0] ?? '')) return 'csv';
  if (head.length === 0) return 'ndjson';
  throw new ImportProblem(
    `${name}: the first ${LINES_SEEN} lines are no access log and no NDJSON, and there is no --map for CSV; --format says what it is`,
  );
}

function isJsonObject(line: string): boolean {
  try {
    return line.trimStart().startsWith('{') && typeof JSON.parse(line) === 'object';
  } catch {
    return false;
  }
}

async function* readLines(
  input: Input,
  read: (line: Buffer, id: string) => Reading,
): AsyncGenerator<InputRecord> {
  for await (const { bytes, isTooLong } of linesOf(input.chunks)) {
    const readLine = (id: string): Reading => {
      if (isTooLong) return unreadable(`expected at most ${MAX_RECORD_BYTES} bytes in a line`);
      return isBlank(bytes) ? { kind: 'nothing' } : read(bytes, id);
    };
    yield { content: bytes, read: readLine };
  }
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09);
}
