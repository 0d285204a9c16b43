import type { FormatOptions, LineFormat, LineReader } from '../format.js';
import { isBlank } from '../lines.js';
import { MAX_RECORD_BYTES, unreadable } from '../reading.js';
import type { Envelope } from './envelopes.js';

/** A format whose lines a runtime of containers has kept. */
export function wrapped(envelope: Envelope, inner: LineFormat): LineFormat {
  return {
    name: inner.name,
    title: `${inner.title}, in ${envelope.title}`,
    recognises(line, options) {
      const opened = envelope.open(Buffer.from(line));
      return opened !== undefined && inner.recognises(opened.text.toString(), options);
    },
    open: (options) => openWrapped(envelope, inner, options),
  };
}

/** Of one line that was cut, so far. */
interface Pieces {
  readonly texts: Buffer[];
  bytes: number;
}

/** Puts together what the runtime has cut: the last piece has the event of all. */
function openWrapped(envelope: Envelope, inner: LineFormat, options: FormatOptions): LineReader {
  const read = inner.open(options);
  const cut = new Map<string, Pieces>();
  return (line) => {
    const opened = envelope.open(line);
    if (opened === undefined) return () => unreadable(`expected a line of ${envelope.title}`);
    const pieces = cut.get(opened.stream) ?? { texts: [], bytes: 0 };
    // What is beyond the limit is not held.
    if (pieces.bytes <= MAX_RECORD_BYTES) pieces.texts.push(opened.text);
    pieces.bytes += opened.text.length;
    if (opened.isPart) {
      cut.set(opened.stream, pieces);
      return () => ({ kind: 'nothing' });
    }
    cut.delete(opened.stream);
    if (pieces.bytes > MAX_RECORD_BYTES)
      return () => unreadable(`expected at most ${MAX_RECORD_BYTES} bytes in a line`);
    const [first, second] = pieces.texts;
    const text = first !== undefined && second === undefined ? first : Buffer.concat(pieces.texts);
    return isBlank(text) ? () => ({ kind: 'nothing' }) : read(text);
  };
}
