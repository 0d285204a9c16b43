import { isUtf8 } from 'node:buffer';
import { quoted } from '@tally/client';
import { CsvError, parse, type InfoRecord, type Parser } from 'csv-parse';
import type { FormatOptions } from '../format.js';
import { ImportProblem } from '../import-problem.js';
import type { Input } from '../input.js';
import {
  fieldNamed,
  readColumns,
  type Field,
  type Mapping,
  type MappingOptions,
} from '../mapping.js';
import { MAX_RECORD_BYTES, unreadable, type InputRecord, type Reading } from '../reading.js';
import { formatOf } from '../seen-format.js';
import { without } from '../text-encoding.js';
import { columnIn, commentsOf, dialectOf, isSeparatorRow, type Dialect } from './dialect.js';

/** A row as it is read; the text of bytes that are no UTF-8 has U+FFFD for them. */
interface Row {
  readonly cells: readonly string[];
  readonly isText: boolean;
  /** Of the file, 1-based, where the row ends. */
  readonly line: number;
}

const NAMES = new Map([
  [',', 'commas'],
  [';', 'semicolons'],
  ['\t', 'tabs'],
  ['|', 'bars'],
]);

type RowReader = (row: Row, id: string) => Reading;

/**
 * The rows of CSV (RFC 4180; also with semicolons, tabs or bars) below a header. ImportProblem for a column
 * that the header lacks, and for a quote that is wrong: from there on nobody knows where a row ends.
 */
export async function* readCsv(input: Input, options: FormatOptions): AsyncGenerator<InputRecord> {
  const dialect = dialectOf(input.head.toString(), options.mapping);
  const comments = commentsOf(input.head, dialect);
  for (const content of comments.lines) yield { content, read: () => ({ kind: 'nothing' }) };
  let read: RowReader | undefined;
  let number = 0;
  for await (const row of rowsOf(input, dialect, comments)) {
    number += 1;
    const content = JSON.stringify(row.cells);
    const readRow = read;
    if (readRow === undefined) {
      if (number > 1 || !isSeparatorRow(row.cells, dialect))
        read = rowReader(input.name, row.cells, options);
      yield { content, read: () => ({ kind: 'nothing' }) };
      continue;
    }
    const isDisplaced = row.line !== comments.lines.length + number;
    yield {
      content,
      read(id) {
        const reading = readRow(row, id);
        if (reading.kind === 'unreadable' && options.format === undefined)
          refuseOther(row, dialect, options, input.name);
        return reading.kind === 'unreadable' && isDisplaced
          ? unreadable(`${reading.reason} (a row that ends in line ${row.line} of the file)`)
          : reading;
      },
    };
  }
}

/** CSV as people know it, with what stands between the cells of this one. */
export function csvTitle({ head }: Input, { mapping }: MappingOptions): string {
  const { delimiter } = dialectOf(head.toString(), mapping);
  return `CSV with ${NAMES.get(delimiter) ?? quoted(delimiter)} between its cells`;
}

async function* rowsOf(
  { name, chunks }: Input,
  { delimiter, record_delimiter, relax_quotes }: Dialect,
  before: { readonly lines: readonly string[]; readonly bytes: number },
): AsyncGenerator<Row> {
  const parser = parse({
    delimiter,
    record_delimiter,
    relax_quotes,
    // A byte a character: whether it is UTF-8 is looked at by row.
    encoding: 'latin1',
    info: true,
    // A row with other cells than the header is told from the others, not the end of everything.
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_RECORD_BYTES,
  });
  // The loop below sees every error; this keeps it from being thrown a second time.
  parser.on('error', () => undefined);
  const rowsRead = function* () {
    for (let row = readRow(parser); row !== null; row = readRow(parser))
      yield rowOf(row.record, before.lines.length + row.info.lines);
  };
  try {
    for await (const chunk of without(chunks, before.bytes)) {
      parser.write(chunk);
      // Also those before a row that is wrong: an iteration of the parser would drop them.
      yield* rowsRead();
      if (parser.errored !== null) throw parser.errored;
    }
    parser.end();
    for await (const { record, info } of parser as AsyncIterable<InfoRow>)
      yield rowOf(record, before.lines.length + info.lines);
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new ImportProblem(`${name} is no CSV from here on: ${quoted(cause.message)}`, { cause });
  } finally {
    parser.destroy();
  }
}

function readRow(parser: Parser): InfoRow | null {
  return parser.read() as InfoRow | null;
}

interface InfoRow {
  readonly record: readonly string[];
  readonly info: Pick<InfoRecord, 'lines'>;
}

function rowOf(record: readonly string[], line: number): Row {
  let isText = true;
  const cells = record.map((cell) => {
    if (!/[\x80-\xff]/.test(cell)) return cell;
    const bytes = Buffer.from(cell, 'latin1');
    isText &&= isUtf8(bytes);
    return bytes.toString();
  });
  return { cells, isText, line };
}

/** Half a file counted, the rest told line by line, would look like an import that went well. */
function refuseOther(
  { cells, line }: Row,
  { delimiter }: Dialect,
  options: FormatOptions,
  name: string,
): void {
  const other = formatOf(cells.join(delimiter), options);
  if (other === undefined) return;
  throw new ImportProblem(
    `${name}, line ${line}: expected CSV as before, this is ${other.title}; import them as two files, or --format csv leaves such lines out`,
  );
}

function rowReader(name: string, header: readonly string[], options: MappingOptions): RowReader {
  const mapping = options.mapping.size > 0 ? options.mapping : ownNames(header);
  if (!mapping.has('subject'))
    throw new ImportProblem(
      `${name}: no column is called subject; --map subject=COLUMN says which it is: the header has ${header.map(quoted).join(', ')}`,
    );
  const indexes = new Map<string, number>();
  for (const column of mapping.values()) {
    const index = columnIn(header, column);
    if (typeof index !== 'number')
      throw new ImportProblem(
        `${name}: expected ${index === 'none' ? 'a' : 'one'} column ${quoted(column)}, the header has ${header.map(quoted).join(', ')}`,
      );
    indexes.set(column, index);
  }
  return ({ cells, isText }, id) => {
    if (!isText) return unreadable('expected UTF-8');
    // As spreadsheets have them at their end.
    if (cells.every((cell) => cell === '')) return { kind: 'nothing' };
    if (cells.length !== header.length)
      return unreadable(`expected ${header.length} cells as in the header, got ${cells.length}`);
    return readColumns((column) => cells[indexes.get(column) ?? -1], id, { ...options, mapping });
  };
}

/** Columns that are called as fields of events are those fields, in any case. */
function ownNames(header: readonly string[]): Mapping {
  return new Map(
    header.flatMap((name): [Field, string][] => {
      const field = fieldNamed(name.trim());
      return field === undefined ? [] : [[field, field]];
    }),
  );
}
