import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import type { Mapping } from '../mapping.js';

/** How the rows of a file are written. */
export interface Dialect {
  readonly delimiter: string;
  readonly record_delimiter: string[];
  /** Tables between tabs are seldom quoted: there a quote in a cell is a character. */
  readonly relax_quotes: boolean;
  /** Lines with # before the header, in which a program has written about the file. */
  readonly comments: number;
  /** Whether the header has all that is needed. */
  readonly isKnown: boolean;
}

/** The more usual first. */
const DELIMITERS = [',', ';', '\t', '|'];
const COMMENTS = /^(?:#[^\r\n]*(?:\r\n|\r|\n))+/;
/** What Excel writes and reads in front of the header. */
const SEPARATOR_LINE = /^"?sep=([^"\r\n])"?(?:\r\n|\r|\n)/i;

/**
 * What stands between cells, by the header: the delimiter with which it has the columns that are needed, and
 * of several or none the one that makes the most cells; or what a first line `sep=;` says.
 */
export function dialectOf(head: string, mapping: Mapping): Dialect {
  const whole = writtenIn(head, mapping);
  const comments = COMMENTS.exec(head)?.[0];
  // A header may begin with # itself.
  if (whole.isKnown || comments === undefined) return whole;
  const behind = writtenIn(head.slice(comments.length), mapping);
  return behind.isKnown ? { ...behind, comments: linesIn(comments).length } : whole;
}

/** The lines before the header, without their ends, and how many bytes they are. */
export function commentsOf(head: Buffer, { comments }: Dialect) {
  if (comments === 0) return { lines: [], bytes: 0 };
  // A character a byte.
  const text = COMMENTS.exec(head.toString('latin1'))?.[0] ?? '';
  return { lines: linesIn(text), bytes: text.length };
}

function linesIn(comments: string): readonly string[] {
  return comments.split(/\r\n|\r|\n/).slice(0, -1);
}

function writtenIn(head: string, mapping: Mapping): Dialect {
  const [line = '', said] = SEPARATOR_LINE.exec(head) ?? [];
  const needed = mapping.size > 0 ? [...mapping.values()] : ['subject'];
  const record_delimiter = head.includes('\n') ? ['\r\n', '\n'] : ['\r'];
  let best: Dialect | undefined;
  let most = 0;
  for (const delimiter of said === undefined ? DELIMITERS : [said]) {
    const written = { delimiter, record_delimiter, relax_quotes: delimiter === '\t' };
    const header = headerOf(head.slice(line.length), written);
    const isKnown = needed.every((name) => typeof columnIn(header, name) === 'number');
    const isBetter = best === undefined || (isKnown && !best.isKnown);
    if (!isBetter && (best?.isKnown !== isKnown || header.length <= most)) continue;
    [best, most] = [{ ...written, comments: 0, isKnown }, header.length];
  }
  return (
    best ?? { delimiter: ',', record_delimiter, relax_quotes: false, comments: 0, isKnown: false }
  );
}

/** Whether a first row is no header but says what stands between cells. */
export function isSeparatorRow(row: readonly string[], { delimiter }: Dialect): boolean {
  return /^sep=.?$/i.test(row.join(delimiter));
}

/** Where a column stands in a header, whatever its case when none is written just so. */
export function columnIn(header: readonly string[], name: string): number | 'none' | 'several' {
  const [wanted, names] = [name.trim(), header.map((column) => column.trim())];
  const exact = indexesOf(names, wanted);
  const found =
    exact.length > 0
      ? exact
      : indexesOf(
          names.map((column) => column.toLowerCase()),
          wanted.toLowerCase(),
        );
  return found.length > 1 ? 'several' : (found[0] ?? 'none');
}

function indexesOf(names: readonly string[], wanted: string): readonly number[] {
  return names.flatMap((name, index) => (name === wanted ? [index] : []));
}

function headerOf(head: string, written: Omit<Dialect, 'comments' | 'isKnown'>): readonly string[] {
  try {
    const [header = []] = parse(head, {
      ...written,
      relax_column_count: true,
      skip_empty_lines: true,
      to: 1,
    });
    return header;
  } catch (error) {
    // The head may end within the header.
    if (error instanceof CsvError) return [];
    throw error;
  }
}
