import { isUtf8 } from 'node:buffer';
import type { FormatOptions, LineReader } from '../format.js';
import { MAX_SUBJECT_BYTES, unreadable, type Reading } from '../reading.js';

/** One request in the log of a web server, as far as events need it. */
export interface AccessEntry {
  /** ms since 1970. */
  readonly time: number;
  /** Undefined where the log does not have it. */
  readonly method: string | undefined;
  /** As the client sent it, without host; with the query. */
  readonly target: string;
  /** Undefined for `-`. */
  readonly status: number | undefined;
  /** Bytes of the answer; undefined for `-`. */
  readonly bytes: number | undefined;
}

/** How an entry becomes an event. */
export type AccessOptions = Pick<FormatOptions, 'type' | 'keepQuery'>;

/** The reader of a log in which every line stands for itself; `parse` says why a line is no entry. */
export function entryReader(
  parse: (line: string) => AccessEntry | string,
  options: AccessOptions,
): LineReader {
  return (line) => (id) => readEntry(parse(line.toString()), line, id, options);
}

/** The event of an entry: path → subject, bytes → value. `line`: that it was read from. */
export function readEntry(
  entry: AccessEntry | string,
  line: Buffer,
  id: string,
  options: AccessOptions,
): Reading {
  if (typeof entry === 'string') return unreadable(entry);
  const { time, method, target, status, bytes } = entry;
  const query = options.keepQuery ? -1 : target.indexOf('?');
  const subject = query < 0 ? target : target.slice(0, query);
  const length = Buffer.byteLength(subject);
  if (length > MAX_SUBJECT_BYTES)
    return unreadable(
      `expected a path of at most ${MAX_SUBJECT_BYTES} bytes, this one has ${length}`,
    );
  // Two paths whose bytes are no text would become one.
  if (subject.includes('\ufffd') && !isUtf8(line)) return unreadable('expected UTF-8');
  // JSON leaves out what is undefined.
  const json = JSON.stringify({
    id,
    type: options.type,
    subject,
    time: new Date(time).toISOString(),
    value: bytes,
    attributes: method === undefined && status === undefined ? undefined : { method, status },
  });
  return { kind: 'event', json };
}
