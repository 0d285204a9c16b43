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

const ID_BYTES = 16;

export function encodeSeriesNames(names: readonly SeriesName[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const { id, project, type, subject, dimensions } of names) {
    parts.push(id);
    for (const text of [project, type, subject, dimensions]) {
      const bytes = Buffer.from(text);
      const length = Buffer.allocUnsafe(2);
      length.writeUInt16BE(bytes.length);
      parts.push(length, bytes);
    }
  }
  return Buffer.concat(parts);
}

/** Undefined when the bytes are not series names. `id` shares memory with them. */
export function decodeSeriesNames(bytes: Buffer): SeriesName[] | undefined {
  const names: SeriesName[] = [];
  let at = 0;
  const text = (): string | undefined => {
    if (at + 2 > bytes.length) return undefined;
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) return undefined;
    const found = bytes.toString('utf8', at + 2, end);
    at = end;
    return found;
  };
  while (at < bytes.length) {
    const id = bytes.subarray(at, at + ID_BYTES);
    at += ID_BYTES;
    const [project, type, subject, dimensions] = [text(), text(), text(), text()];
    if (dimensions === undefined || project === undefined) return undefined;
    if (type === undefined || subject === undefined) return undefined;
    names.push({ id, project, type, subject, dimensions });
  }
  return names;
}
