const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;
const BLOCK_BYTES = 16;
const FIRST_BYTES = 1024;
/** Most bytes of UTF-8 of a UTF-16 code unit. */
const MAX_UNIT_BYTES = 3;

/**
 * 64 bits of a text: the first two words of MurmurHash3_x86_128 (A. Appleby, 2011) of its UTF-8 with
 * seed 0. The same for ever, as what was hashed before merges with it. It is no secret: whoever chooses
 * texts can choose where they meet. One object hashes many texts, one after the other.
 */
export class HashedText {
  /** The upper 32 bits, of the text that was taken last; signed. */
  high = 0;
  /** The lower 32 bits, likewise. */
  low = 0;
  private bytes = Buffer.allocUnsafe(FIRST_BYTES);
  private words = wordsOf(this.bytes);

  take(text: string): this {
    const { length } = text;
    if (length * MAX_UNIT_BYTES + BLOCK_BYTES > this.bytes.length) {
      this.bytes = Buffer.allocUnsafe(length * MAX_UNIT_BYTES * 2 + BLOCK_BYTES);
      this.words = wordsOf(this.bytes);
    }
    const { bytes } = this;
    let end = 0;
    for (; end < length; end++) {
      const unit = text.charCodeAt(end);
      if (unit >= 0x80) break;
      bytes[end] = unit;
    }
    this.hash(end === length ? length : bytes.write(text));
    return this;
  }

  private hash(length: number): void {
    const { bytes, words } = this;
    let [h1, h2, h3, h4] = [0, 0, 0, 0];
    const whole = length - (length % BLOCK_BYTES);
    for (let at = 0; at < whole; at += BLOCK_BYTES) {
      h1 = (rotated(h1 ^ mixed(words.getInt32(at, true), C1, 15, C2), 19) + h2) | 0;
      h1 = (Math.imul(h1, 5) + 0x561ccd1b) | 0;
      h2 = (rotated(h2 ^ mixed(words.getInt32(at + 4, true), C2, 16, C3), 17) + h3) | 0;
      h2 = (Math.imul(h2, 5) + 0x0bcaa747) | 0;
      h3 = (rotated(h3 ^ mixed(words.getInt32(at + 8, true), C3, 17, C4), 15) + h4) | 0;
      h3 = (Math.imul(h3, 5) + 0x96cd1c35) | 0;
      h4 = (rotated(h4 ^ mixed(words.getInt32(at + 12, true), C4, 18, C1), 13) + h1) | 0;
      h4 = (Math.imul(h4, 5) + 0x32ac3b17) | 0;
    }
    if (whole < length) {
      // What is left, filled with zeros: a word of zeros changes nothing.
      bytes.fill(0, length, whole + BLOCK_BYTES);
      h4 ^= mixed(words.getInt32(whole + 12, true), C4, 18, C1);
      h3 ^= mixed(words.getInt32(whole + 8, true), C3, 17, C4);
      h2 ^= mixed(words.getInt32(whole + 4, true), C2, 16, C3);
      h1 ^= mixed(words.getInt32(whole, true), C1, 15, C2);
    }
    h1 ^= length;
    h2 ^= length;
    h3 ^= length;
    h4 ^= length;
    h1 = (h1 + h2 + h3 + h4) | 0;
    h2 = (h2 + h1) | 0;
    h3 = (h3 + h1) | 0;
    h4 = (h4 + h1) | 0;
    h1 = finished(h1);
    h2 = finished(h2);
    h3 = finished(h3);
    h4 = finished(h4);
    this.high = (h1 + h2 + h3 + h4) | 0;
    this.low = (h2 + this.high) | 0;
  }
}

const names = new HashedText();

/** What stands for an attribute beside its sketch: the 64 bits of its name, two's complement. */
export function attributeId(name: string): bigint {
  const { high, low } = names.take(name);
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

function wordsOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function mixed(word: number, first: number, bits: number, second: number): number {
  return Math.imul(rotated(Math.imul(word, first), bits), second);
}

function finished(word: number): number {
  let state = word ^ (word >>> 16);
  state = Math.imul(state, 0x85ebca6b);
  state ^= state >>> 13;
  state = Math.imul(state, 0xc2b2ae35);
  return state ^ (state >>> 16);
}
