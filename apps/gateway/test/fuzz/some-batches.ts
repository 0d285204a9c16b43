import type { BatchFormat } from '../../src/events/read-batch.js';
import { someEvent, type Below } from './some-events.js';

export interface SomeBatch {
  readonly bytes: Buffer;
  readonly format: BatchFormat;
  /** Events that were put into it. */
  readonly events: number;
}

const MAX_EVENTS = 40;
const TOKENS = [
  ',',
  ':',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  '\n',
  ' ',
  'e',
  '.',
  '-',
  '0',
  '\u0000',
  'é',
  '\ufeff',
  '\\u0041',
  'null',
  '/',
];
const BROKEN = ['ff', 'c3', 'eda080', 'f0808080', 'c0af', '80'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

/** A body of events that are usual or nearly so, as an array, as lines or alone; some with a few bytes spoiled. */
export function someBatch(below: Below): SomeBatch {
  const events = below(8) === 0 ? 1 : 1 + below(MAX_EVENTS);
  const texts = Array.from({ length: events }, () => someEvent(below));
  const format = below(3) === 0 ? 'ndjson' : 'json';
  const bytes = Buffer.from(
    format === 'ndjson'
      ? linesOf(texts, below)
      : events === 1
        ? (texts[0] ?? '')
        : listOf(texts, below),
  );
  return { bytes: spoiled(bytes, below), format, events };
}

function linesOf(texts: readonly string[], below: Below): string {
  const end = below(4) === 0 ? '\r\n' : '\n';
  const lines = texts.map((text) => {
    if (below(30) > 0) return text;
    return `${['', ' ', '\ufeff', '\n', '\t\r'][below(5)] ?? ''}${text}${['', ' ', '\n', '}'][below(4)] ?? ''}`;
  });
  return lines.join(end) + (below(2) === 0 ? end : '');
}

function listOf(texts: readonly string[], below: Below): string {
  const between = [',', ',', ',\n', ' , '][below(4)] ?? ',';
  const list = `[${texts.join(between)}]`;
  switch (below(30)) {
    case 0:
      return `\ufeff ${list}\n`;
    case 1:
      return list.slice(0, -1);
    case 2:
      return `${list.slice(0, -1)},]`;
    case 3:
      return `${list}${list}`;
    case 4:
      return `[[[[[[[[[${list}`;
    default:
      return list;
  }
}

/** One in three with some bytes changed, cut off or put in between. */
function spoiled(given: Buffer, below: Below): Buffer {
  let bytes: Buffer = given;
  for (let times = below(3) > 0 ? 0 : 1 + below(3); times > 0; times--) {
    const at = below(bytes.length + 1);
    const [before, behind] = [bytes.subarray(0, at), bytes.subarray(at)];
    switch (below(8)) {
      case 0:
        bytes = below(4) === 0 ? before : bytes;
        break;
      case 1:
        bytes = Buffer.concat([before, behind.subarray(1 + below(4))]);
        break;
      case 2:
        bytes = Buffer.concat([before, Buffer.of(below(128)), behind.subarray(1)]);
        break;
      case 3:
        bytes = Buffer.concat([before, behind.subarray(0, below(40)), behind]);
        break;
      case 4:
        if (below(3) === 0)
          bytes = Buffer.concat([before, BROKEN[below(BROKEN.length)] ?? before, behind]);
        break;
      default:
        bytes = Buffer.concat([before, Buffer.from(TOKENS[below(TOKENS.length)] ?? ''), behind]);
    }
  }
  return bytes;
}
