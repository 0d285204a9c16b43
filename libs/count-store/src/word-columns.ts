import { ARRAY_HEADER_BYTES, finishArray } from './binary-arrays.js';

const WORD_BYTES = 4;
const NULL = -1;
/** By type: words of an element. */
const WORDS = { int4: 1, int8: 2, uuid: 4 } as const;

/** These bytes as words of 32 bits, copied where they do not begin at one. */
export function toWords(bytes: Buffer): Int32Array {
  const whole = bytes.byteOffset % WORD_BYTES === 0 ? bytes : Uint8Array.from(bytes);
  return new Int32Array(whole.buffer, whole.byteOffset, Math.floor(whole.length / WORD_BYTES));
}

/**
 * A column of elements of whole words, as an array in the binary format of Postgres. Words are copied
 * as they are, so that the order of their bytes does not matter.
 */
export class WordColumn {
  private readonly words: Int32Array;
  private readonly size: number;
  private readonly length: number;
  private at = ARRAY_HEADER_BYTES / WORD_BYTES;
  private hasNull = false;

  constructor(
    private readonly type: keyof typeof WORDS,
    private readonly count: number,
  ) {
    this.size = WORDS[type];
    this.length = bigEndian(this.size * WORD_BYTES);
    this.words = new Int32Array(this.at + count * (1 + this.size));
  }

  /** Copies the next element. @param start Its first word. */
  add(from: Int32Array, start: number): void {
    const { words, size } = this;
    let { at } = this;
    words[at++] = this.length;
    for (let word = start; word < start + size; word++) words[at++] = from[word] ?? 0;
    this.at = at;
  }

  addNull(): void {
    this.words[this.at++] = NULL;
    this.hasNull = true;
  }

  /** All of it, once as many were added. */
  finish(): Buffer {
    const { type, count, hasNull, at } = this;
    const bytes = Buffer.from(this.words.buffer);
    return finishArray(bytes, at * WORD_BYTES, { type, count, hasNull });
  }
}

/** The word that has this number in its bytes, the highest first. */
function bigEndian(value: number): number {
  const bytes = Buffer.alloc(WORD_BYTES);
  bytes.writeInt32BE(value);
  return toWords(bytes)[0] ?? 0;
}
