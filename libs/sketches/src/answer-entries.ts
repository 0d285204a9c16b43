import { SketchReader } from './sketch-bytes.js';

const LENGTH_BYTES = 4;
const NONE = Buffer.alloc(0);

/** The sketches of one window, as bytes; empty: there is none. */
export interface WindowSketches {
  readonly uniques: Buffer;
  readonly quantiles: Buffer;
}

/** What an answer has for one of its rows, see docs/formats/sketch.md. */
export function encodeAnswerEntry({ uniques, quantiles }: WindowSketches): Buffer {
  const bytes = Buffer.allocUnsafe(2 * LENGTH_BYTES + uniques.length + quantiles.length);
  let at = 0;
  for (const sketch of [uniques, quantiles]) {
    at = bytes.writeUInt32BE(sketch.length, at);
    at += sketch.copy(bytes, at);
  }
  return bytes;
}

/** Of an answer, row by row. The sketches share its memory and are not looked into. */
export class AnswerEntries {
  private readonly reader: SketchReader;

  constructor(private readonly bytes: Buffer) {
    this.reader = new SketchReader(bytes, 0);
  }

  /** The entry of the next row. RangeError where there is none. */
  next(): WindowSketches {
    return { uniques: this.sketch(), quantiles: this.sketch() };
  }

  get isAtEnd(): boolean {
    return this.reader.at === this.bytes.length;
  }

  private sketch(): Buffer {
    const length = this.reader.take(LENGTH_BYTES).readUInt32BE();
    return length === 0 ? NONE : this.reader.take(length);
  }
}
