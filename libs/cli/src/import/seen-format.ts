import { quoted } from '@tally/client';
import { clf } from './access/clf.js';
import { alb, elb } from './access/load-balancer.js';
import { s3 } from './access/s3.js';
import { w3c } from './access/w3c.js';
import { dialectOf } from './csv/dialect.js';
import type { FormatOptions, LineFormat } from './format.js';
import { ImportProblem } from './import-problem.js';
import type { Input } from './input.js';
import { caddy } from './json/caddy.js';
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
];
/** What --format takes, other than `auto`. */
export const FORMATS: readonly string[] = [...LINE_FORMATS.map(({ name }) => name), 'csv'];

/** The name of the format of an input, by its head: servers log garbage too. ImportProblem when it is none. */
export function seenFormat({ head, name }: Input, options: FormatOptions): string {
  const text = head.toString();
  if (text.trim() === '') return ndjson.name;
  const lines = text.split(/\r?\n/);
  if (dialectOf(text, options.mapping).isKnown) return 'csv';
  for (const line of lines) {
    const format = formatOf(line, options);
    if (format !== undefined) return format.name;
  }
  if (head.includes(0))
    throw new ImportProblem(`${name} is no text: expected a log, NDJSON or CSV, plain or in gzip`);
  if (options.mapping.size > 0) return 'csv';
  const known = LINE_FORMATS.map(({ name: one, title }) => `${one} (${title})`).join(', ');
  throw new ImportProblem(
    `${name}: no line of the first 64 KiB is of a format that is known; they begin with ${quoted(lines.find((line) => line.trim() !== '') ?? '')}. Known are ${known}, and csv with a header that has a column subject (cells between commas, semicolons, tabs or bars). --format says what it is; for other JSON and CSV --map subject=NAME says what is counted`,
  );
}

/** The format that a line is of for certain. */
export function formatOf(line: string, options: FormatOptions): LineFormat | undefined {
  return LINE_FORMATS.find((format) => format.recognises(line, options));
}
