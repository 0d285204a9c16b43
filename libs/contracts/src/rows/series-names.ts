import { SERIES_ID_BYTES } from './series-ids.js';

/**
 * Who a series is: told with the first delta that has rows of it. Entries follow each other.
 *
 * | size | field                                                                        |
 * | ---: | ---------------------------------------------------------------------------- |
 * |   16 | series id                                                                    |
 * |    2 | length of the project, then its bytes                                        |
 * |    2 | length of the type, then its bytes                                           |
 * |    2 | length of the subject, then its bytes                                        |
 * |    2 | length of the dimensions, then their bytes: a JSON object with ascending     |
 * |      | names, or nothing for the series of all values                               |
 *
 * Lengths are big-endian, texts UTF-8.
 */
export interface SeriesName {
  /** 16 bytes. */
  readonly id: Uint8Array;
  readonly project: string;
  readonly type: string;
  readonly subject: string;
  /** JSON object, or '' for the series of all values. */
  readonly dimensions: string;
}

const LENGTH_BYTES = 2;
/** Project, type, subject, dimensions. */
export const SERIES_NAME_TEXTS = 4;
/** Of one UTF-16 code unit in UTF-8. */
const MAX_UNIT_BYTES = 3;

/** The names one behind the other, as the table says. */
export function encodeSeriesNames(names: readonly SeriesName[]): Buffer {
  const most = names.reduce((sum, name) => sum + mostBytesOf(name), 0);
  const bytes = Buffer.allocUnsafe(most);
  let at = 0;
  const add = (text: string): void => {
    const length = text === '' ? 0 : bytes.write(text, at + LENGTH_BYTES);
    bytes.writeUInt16BE(length, at);
    at += LENGTH_BYTES + length;
  };
  for (const { id, project, type, subject, dimensions } of names) {
    bytes.set(id, at);
    at += SERIES_ID_BYTES;
    add(project);
    add(type);
    add(subject);
    add(dimensions);
  }
  return bytes.subarray(0, at);
}

function mostBytesOf({ project, type, subject, dimensions }: SeriesName): number {
  const units = project.length + type.length + subject.length + dimensions.length;
  return SERIES_ID_BYTES + SERIES_NAME_TEXTS * LENGTH_BYTES + MAX_UNIT_BYTES * units;
}

/** Where the bytes of the text begin that is behind a position of an entry. */
export function seriesTextStart(at: number): number {
  return at + LENGTH_BYTES;
}

/** Where they end; they need not all be there, but their length must be. */
export function seriesTextEnd(bytes: Uint8Array, at: number): number {
  return at + LENGTH_BYTES + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
}

/** Undefined when the bytes are not series names. `id` shares memory with them. */
export function decodeSeriesNames(bytes: Buffer): SeriesName[] | undefined {
  const names: SeriesName[] = [];
  let at = 0;
  const text = (): string | undefined => {
    const from = seriesTextStart(at);
    if (from > bytes.length) return undefined;
    const end = seriesTextEnd(bytes, at);
    if (end > bytes.length) return undefined;
    const found = bytes.toString('utf8', from, end);
    at = end;
    return found;
  };
  while (at < bytes.length) {
    const id = bytes.subarray(at, at + SERIES_ID_BYTES);
    at += SERIES_ID_BYTES;
    const [project, type, subject, dimensions] = [text(), text(), text(), text()];
    if (dimensions === undefined || project === undefined) return undefined;
    if (type === undefined || subject === undefined) return undefined;
    names.push({ id, project, type, subject, dimensions });
  }
  return names;
}
