import { quoted } from '@tally/client';
import { clf } from './access/clf.js';
import { alb, elb } from './access/load-balancer.js';
import { s3 } from './access/s3.js';
import { w3c } from './access/w3c.js';
import { ENVELOPES } from './container/envelopes.js';
import { wrapped } from './container/wrapped.js';
import { dialectOf } from './csv/dialect.js';
import type { FormatOptions, LineFormat } from './format.js';
import { ImportProblem } from './import-problem.js';
import type { Input } from './input.js';
import { caddy } from './json/caddy.js';
import { cloudfront } from './json/cloudfront.js';
import { ndjson } from './json/json-line.js';
import { nginx } from './json/nginx.js';
import { traefik } from './json/traefik.js';

/** What is more exact is asked first. */
export const LINE_FORMATS: readonly LineFormat[] = [
  s3,
  alb,
  elb,
  w3c,
  clf,
  ndjson,
  caddy,
  traefik,
  nginx,
  cloudfront,
];
/** What --format takes, other than `auto`. */
export const FORMATS: readonly string[] = [...LINE_FORMATS.map(({ name }) => name), 'csv'];

/** An array, or an object that goes on in the next line. */
const JSON_OF_MANY_LINES = /^\s*(?:\[\s*(?:[[{\]"]|$)|\{[ \t]*\r?\n)/;

/** The format of an input: that which was asked for, or seen in its head. ImportProblem when it is none. */
export function formatOfInput({ head, name }: Input, options: FormatOptions): LineFormat | 'csv' {
  if (options.format === 'csv') return 'csv';
  const text = head.toString();
  const lines = text.split(/\r?\n\ufeff?/).filter((line) => line.trim() !== '');
  const asked = LINE_FORMATS.find((format) => format.name === options.format);
  // A container may write other things first; what Docker keeps is JSON of any kind for --map.
  const kept = seenIn(lines, (line) => keptFormatOf(line, options));
  if (asked !== undefined) return kept?.name === asked.name ? kept : asked;
  if (lines.length === 0) return ndjson;
  if (dialectOf(text, options.mapping).isKnown) return 'csv';
  // Before the lines are looked at: the last element of an array may be one.
  if (kept === undefined && JSON_OF_MANY_LINES.test(text))
    throw new ImportProblem(
      `${name} is JSON of many lines: expected an object a line; jq -c '.[]?' FILE | tally import imports the elements of an array`,
    );
  const seen = kept ?? seenIn(lines, (line) => plainFormatOf(line, options));
  if (seen !== undefined) return seen;
  if (head.includes(0))
    throw new ImportProblem(`${name} is no text: expected a log, NDJSON or CSV, plain or in gzip`);
  if (options.mapping.size > 0) return 'csv';
  const known = LINE_FORMATS.map(({ name: one, title }) => `${one} (${title})`).join(', ');
  throw new ImportProblem(
    `${name}: no line of the first 64 KiB is of a format that is known; they begin with ${quoted(lines[0] ?? '')}. Known are ${known}, and csv with a header that has a column subject (cells between commas, semicolons, tabs or bars). --format says what it is; for other JSON and CSV --map subject=NAME says what is counted`,
  );
}

/** The format that a line is of for certain, also as a line of a container that a runtime has kept. */
export function formatOf(line: string, options: FormatOptions): LineFormat | undefined {
  return keptFormatOf(line, options) ?? (isKept(line) ? undefined : plainFormatOf(line, options));
}

function seenIn(
  lines: readonly string[],
  formatOfLine: (line: string) => LineFormat | undefined,
): LineFormat | undefined {
  for (const line of lines) {
    const format = formatOfLine(line);
    if (format !== undefined) return format;
  }
  return undefined;
}

function plainFormatOf(line: string, options: FormatOptions): LineFormat | undefined {
  return LINE_FORMATS.find((format) => format.recognises(line, options));
}

function keptFormatOf(line: string, options: FormatOptions): LineFormat | undefined {
  const bytes = Buffer.from(line);
  for (const envelope of ENVELOPES) {
    const text = envelope.open(bytes)?.text.toString();
    const format = text === undefined ? undefined : plainFormatOf(text, options);
    if (format !== undefined) return wrapped(envelope, format);
  }
  return undefined;
}

function isKept(line: string): boolean {
  const bytes = Buffer.from(line);
  return ENVELOPES.some((envelope) => envelope.open(bytes) !== undefined);
}
