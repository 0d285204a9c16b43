import { DELTA_ROW_BYTES, ROWS_HEADER_BYTES, TallyError } from '@tally/contracts';
import { deltaEntries } from '@tally/sketches';
import { ArrayWriter } from '../binary-arrays.js';

/** Sketches of a delta, as parameters of a statement: one array for each column. */
export interface SketchColumns {
  readonly series: Buffer;
  readonly minutes: Buffer;
  /** int4[], the retention class in the top byte. */
  readonly retentions: Buffer;
  readonly kinds: readonly number[];
  readonly attributes: Buffer;
  readonly data: Buffer;
}

const SERIES_BYTES = 16;
const ATTRIBUTE_BYTES = 8;

/**
 * @param rows Delta rows that were checked, to which the entries belong.
 * Throws TallyError `invalid_argument` that says what is wrong with the sketches.
 */
export function toSketchColumns(bytes: Buffer, rows: Buffer): SketchColumns {
  const entries = readEntries(bytes);
  const count = entries.length;
  const columns = {
    series: new ArrayWriter('uuid', count, count * SERIES_BYTES),
    minutes: new ArrayWriter('int4', count, count * 4),
    retentions: new ArrayWriter('int4', count, count * 4),
    attributes: new ArrayWriter('int8', count, count * ATTRIBUTE_BYTES),
    data: new ArrayWriter(
      'bytea',
      count,
      entries.reduce((sum, { from, to }) => sum + to - from, 0),
    ),
  };
  const { series, minutes, retentions, attributes, data } = columns;
  for (const { row, from, to } of entries) {
    const start = ROWS_HEADER_BYTES + row * DELTA_ROW_BYTES;
    if (start + DELTA_ROW_BYTES > rows.length) refuse(`a sketch of row ${row}, which is not there`);
    series.add(rows, start, SERIES_BYTES);
    minutes.add(rows, start + SERIES_BYTES, 4);
    retentions.add(rows, start + SERIES_BYTES + 4, 4);
    attributes.add(bytes, from - ATTRIBUTE_BYTES, ATTRIBUTE_BYTES);
    data.add(bytes, from, to - from);
  }
  return {
    series: series.finish(),
    minutes: minutes.finish(),
    retentions: retentions.finish(),
    kinds: entries.map(({ kind }) => kind),
    attributes: attributes.finish(),
    data: data.finish(),
  };
}

function readEntries(bytes: Buffer) {
  try {
    return [...deltaEntries(bytes)];
  } catch (error) {
    if (error instanceof RangeError) refuse(error.message);
    throw error;
  }
}

function refuse(problem: string): never {
  throw new TallyError('invalid_argument', problem);
}
