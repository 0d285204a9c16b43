import { pipeline, Readable } from 'node:stream';
import { quoted } from '@tally/client';
import { CsvError, parse } from 'csv-parse';
import { ImportProblem } from '../import-problem.js';
import type { Input } from '../input.js';
import { isField, readColumns, type Field, type Mapping, type MappingOptions } from '../mapping.js';
import { MAX_RECORD_BYTES, unreadable, type InputRecord, type Reading } from '../reading.js';

/**
 * The rows of CSV (RFC 4180) below a header. ImportProblem for a column that the header lacks, and
 * for a quote that is wrong: from there on nobody knows where a row ends.
 */
export async function* readCsv(input: Input, options: MappingOptions): AsyncGenerator<InputRecord> {
  let header: readonly string[] | undefined;
  let read: (row: readonly string[], id: string) => Reading = () => ({ kind: 'nothing' });
  for await (const row of rowsOf(input)) {
    if (header === undefined) {
      header = row;
      read = rowReader(input.name, header, options);
    }
    const isHeader = header === row;
    yield {
      content: JSON.stringify(row),
      read: (id) => (isHeader ? { kind: 'nothing' } : read(row, id)),
    };
  }
}

async function* rowsOf({ name, chunks }: Input): AsyncGenerator<readonly string[]> {
  const parser = parse({
    bom: true,
    // A row with other cells than the header is told from the others, not the end of everything.
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_RECORD_BYTES,
  });
  // The loop below sees every error; the callback keeps it from being thrown a second time.
  pipeline(Readable.from(chunks), parser, () => undefined);
  try {
    yield* parser as AsyncIterable<readonly string[]>;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new ImportProblem(`${name} is no CSV from here on: ${quoted(cause.message)}`, { cause });
  }
}

function rowReader(name: string, header: readonly string[], options: MappingOptions) {
  const mapping = options.mapping.size > 0 ? options.mapping : ownNames(header);
  const indexes = new Map(header.map((column, index) => [column.trim(), index]));
  for (const column of mapping.values())
    if (!indexes.has(column))
      throw new ImportProblem(
        `${name}: expected a column ${quoted(column)}, the header has ${header.map(quoted).join(', ')}`,
      );
  if (!mapping.has('subject'))
    throw new ImportProblem(
      `${name}: no column is called subject; --map subject=COLUMN says which it is`,
    );
  return (row: readonly string[], id: string): Reading => {
    if (row.length !== header.length)
      return unreadable(`expected ${header.length} cells as in the header, got ${row.length}`);
    return readColumns((column) => row[indexes.get(column) ?? -1], id, { ...options, mapping });
  };
}

/** Columns that are called as fields of events are those fields. */
function ownNames(header: readonly string[]): Mapping {
  const names = header.map((column) => column.trim());
  return new Map(names.filter(isField).map((name): [Field, string] => [name, name]));
}
