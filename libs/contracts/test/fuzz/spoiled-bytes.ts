/** Lengths and counts at the edges of what decoders hold. */
const NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff];
/** The same as numbers of seven bits a byte, and ones without an end. */
const VARINTS = [
  '808080808040',
  'ffffffffffffffffff01',
  'ffffffff0f',
  '80808080808080808080',
  '01',
  '03',
].map((hex) => Buffer.from(hex, 'hex'));
const MAX_NOISE_BYTES = 300;

/** A generator of numbers below a bound: the same for the same seed (mulberry32). */
export function numbersOf(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Noise, or one of the sound inputs with a few places spoiled. */
export function spoiledBytes(sound: readonly Buffer[], below: (bound: number) => number): Buffer {
  if (below(8) === 0)
    return Buffer.from(Array.from({ length: below(MAX_NOISE_BYTES) }, () => below(256)));
  let bytes: Buffer = Buffer.from(sound[below(sound.length)] ?? []);
  for (let times = 1 + below(4); times > 0; times--) bytes = spoil(bytes, sound, below);
  return bytes;
}

function spoil(bytes: Buffer, sound: readonly Buffer[], below: (bound: number) => number): Buffer {
  const at = below(bytes.length + 1);
  const [before, behind] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (below(6)) {
    case 0: // cut
      return Buffer.from(before);
    case 1: // one byte
      return Buffer.concat([before, Buffer.of(below(256)), behind.subarray(1)]);
    case 2: {
      const number = Buffer.alloc(4);
      number.writeUInt32BE(NUMBERS[below(NUMBERS.length)] ?? 0);
      return Buffer.concat([before, number, behind.subarray(4)]);
    }
    case 3:
      return Buffer.concat([
        before,
        VARINTS[below(VARINTS.length)] ?? before,
        behind.subarray(below(3)),
      ]);
    case 4: // some once more
      return Buffer.concat([before, behind.subarray(0, below(64)), behind]);
    default: {
      const other = sound[below(sound.length)] ?? bytes;
      return Buffer.concat([before, other.subarray(below(other.length))]);
    }
  }
}
