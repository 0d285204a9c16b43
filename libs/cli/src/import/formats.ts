import { csvTitle, readCsv } from './csv/csv.js';
import type { FormatOptions, LineFormat } from './format.js';
import { ImportProblem } from './import-problem.js';
import type { Input } from './input.js';
import { ndjson } from './json/json-line.js';
import { isBlank, linesOf } from './lines.js';
import { MAX_RECORD_BYTES, unreadable, type InputRecord } from './reading.js';
import { formatOf, formatOfInput } from './seen-format.js';

/**
 * The records of an input, in order. ImportProblem when its format cannot be told, or when a line is
 * of another one. `onSeen` is told what it was taken for when nobody said it.
 */
export function recordsOf(
  input: Input,
  options: FormatOptions,
  onSeen: (title: string) => void = () => undefined,
): AsyncIterable<InputRecord> {
  const format = formatOfInput(input, options);
  if (options.format === undefined && input.head.length > 0)
    onSeen(format === 'csv' ? csvTitle(input, options) : format.title);
  if (format === 'csv') return readCsv(input, options);
  if (options.mapping.size > 0 && format.name !== ndjson.name)
    throw new ImportProblem(`${input.name} is ${format.title}: --map is for NDJSON and CSV`);
  return readLines(input, format, options);
}

async function* readLines(
  input: Input,
  format: LineFormat,
  options: FormatOptions,
): AsyncGenerator<InputRecord> {
  const read = format.open(options);
  let number = 0;
  for await (const { bytes, isTooLong } of linesOf(input.chunks)) {
    number += 1;
    const line = number;
    if (isTooLong) {
      const reason = `expected at most ${MAX_RECORD_BYTES} bytes in a line`;
      yield { content: bytes, read: () => unreadable(reason) };
      continue;
    }
    if (isBlank(bytes)) {
      yield { content: bytes, read: () => ({ kind: 'nothing' }) };
      continue;
    }
    const readNow = read(bytes);
    yield {
      content: bytes,
      read: (id) => {
        const reading = readNow(id);
        if (reading.kind === 'unreadable' && options.format === undefined)
          refuseOther(format, bytes.toString(), options, `${input.name}, line ${line}`);
        return reading;
      },
    };
  }
}

/** Half a file counted, the rest taken for garbage, would look like an import that went well. */
function refuseOther(
  format: LineFormat,
  text: string,
  options: FormatOptions,
  where: string,
): void {
  if (format.recognises(text, options)) return;
  const other = formatOf(text, options);
  if (other === undefined) return;
  throw new ImportProblem(
    `${where}: expected ${format.title} as before, this is ${other.title}; import them as two files, or --format ${format.name} leaves such lines out`,
  );
}
