/**
 * SHA-256 (FIPS 180-4) of four messages at once, each of one padded block of 64 bytes: a lane of a SIMD
 * register for each. What a call of OpenSSL costs more than it works is saved, and three of four steps.
 * WebAssembly, because JavaScript has no such registers; its code is put together here, opcode by opcode,
 * as the specification of WebAssembly 2.0 has them.
 *
 * |   at | what lies in the memory                                                    |
 * | ---: | -------------------------------------------------------------------------- |
 * |    0 | words 0 to 63 of the schedule, 16 bytes each: one 32-bit word of each lane |
 * | 1024 | the 64 constants, four times each                                          |
 * | 2048 | words 0 to 3 of the four hashes                                            |
 */
export interface Sha256Lanes {
  /** 16 words of each block, of which a number holds the bytes big-endian: word w of lane l at 4 w + l. */
  readonly block: Int32Array;
  /** The first four words of each hash, likewise. */
  readonly hash: Int32Array;
  /** Hashes the blocks. */
  run(): void;
}

/** What is used of it: its types come with those of browsers, of which nothing else is. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => {
    readonly exports: {
      readonly memory: { readonly buffer: ArrayBuffer };
      readonly run: () => void;
    };
  };
};

export const LANES = 4;
const ROUNDS = 64;
const ROUNDS_AT = 1024;
const HASH_AT = 2048;
const WORD_BYTES = 16;
/** So many rounds stand in a row in the loop: then each variable is back in its place. */
const ROW = 8;

/** The first 32 bits of the fractional parts of roots of the first primes. */
const fractions = (count: number, root: (prime: number) => number): number[] =>
  primes(count).map((prime) => Math.floor((root(prime) % 1) * 2 ** 32) | 0);

function primes(count: number): number[] {
  const found: number[] = [];
  for (let number = 2; found.length < count; number++)
    if (found.every((prime) => number % prime !== 0)) found.push(number);
  return found;
}

// Opcodes. Operands stand before them, as on a stack.
const GET = 0x20;
const SET = 0x21;
const I32 = { type: 0x7f, const: 0x41, add: 0x6a, lessU: 0x49 };
const V128 = {
  type: 0x7b,
  load: 0x00,
  store: 0x0b,
  const: 0x0c,
  or: 0x50,
  xor: 0x51,
  select: 0x52,
};
const I32X4 = { shl: 0xab, shrU: 0xad, add: 0xae };

type Code = readonly number[];

/** A number as LEB128, unsigned. */
function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

/** The same, signed; of those that are not negative. */
const signed = (value: number): number[] =>
  value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >>> 7)];
const simd = (opcode: number): number[] => [0xfd, ...leb(opcode)];
const get = (local: number): Code => [GET, local];
const set = (local: number, value: Code): Code => [...value, SET, local];
const int = (value: number): Code => [I32.const, ...signed(value)];
const load = (at: Code, offset: number): Code => [...at, ...simd(V128.load), 0, ...leb(offset)];
const store = (at: Code, offset: number, value: Code): Code => [
  ...at,
  ...value,
  ...simd(V128.store),
  0,
  ...leb(offset),
];
const splat = (word: number): Code => {
  const bytes = [0, 8, 16, 24].map((shift) => (word >>> shift) & 0xff);
  return [...simd(V128.const), ...bytes, ...bytes, ...bytes, ...bytes];
};
const chain = (opcode: number, first: Code, ...others: readonly Code[]): Code =>
  others.reduce((all, one) => [...all, ...one, ...simd(opcode)], first);
const xor = (first: Code, ...others: readonly Code[]) => chain(V128.xor, first, ...others);
const sum = (first: Code, ...others: readonly Code[]) => chain(I32X4.add, first, ...others);
const shiftRight = (value: Code, bits: number): Code => [
  ...value,
  ...int(bits),
  ...simd(I32X4.shrU),
];
const rotate = (value: Code, bits: number): Code =>
  chain(V128.or, shiftRight(value, bits), [...value, ...int(32 - bits), ...simd(I32X4.shl)]);
/** Of each bit that of `yes` where `by` has it, else that of `no`. */
const select = (yes: Code, no: Code, by: Code): Code => [
  ...yes,
  ...no,
  ...by,
  ...simd(V128.select),
];
/** Does `body` with `at` going up by `step` until it is `end`, at least once. */
const loop = (at: number, step: number, end: number, body: Code): Code => [
  ...[0x03, 0x40],
  ...body,
  ...set(at, [...get(at), ...int(step), I32.add]),
  ...[...get(at), ...int(end), I32.lessU, 0x0d, 0],
  0x0b,
];

// Locals: where in the schedule it is, the eight variables, two for what is used twice.
const AT = 0;
const STATE = 1;
const FIRST = 9;
const SECOND = 10;

function schedule(): Code {
  const at = get(AT);
  const low = get(FIRST);
  const high = get(SECOND);
  return loop(AT, WORD_BYTES, (ROUNDS - 16) * WORD_BYTES, [
    ...set(FIRST, load(at, WORD_BYTES)),
    ...set(SECOND, load(at, 14 * WORD_BYTES)),
    ...store(
      at,
      16 * WORD_BYTES,
      sum(
        load(at, 0),
        xor(rotate(low, 7), rotate(low, 18), shiftRight(low, 3)),
        load(at, 9 * WORD_BYTES),
        xor(rotate(high, 17), rotate(high, 19), shiftRight(high, 10)),
      ),
    ),
  ]);
}

/** Round `index` of a row. The variables do not move: their names do. */
function round(index: number): Code {
  const local = (letter: number) => STATE + ((letter - index + 2 * ROW) % ROW);
  const [a, b, c, e, f, g, h] = [0, 1, 2, 4, 5, 6, 7].map((letter) => get(local(letter)));
  if (!a || !b || !c || !e || !f || !g || !h) throw new RangeError('expected eight variables');
  const at = get(AT);
  return [
    ...set(
      FIRST,
      sum(
        h,
        xor(rotate(e, 6), rotate(e, 11), rotate(e, 25)),
        select(f, g, e),
        load(at, ROUNDS_AT + index * WORD_BYTES),
        load(at, index * WORD_BYTES),
      ),
    ),
    ...set(local(3), sum(get(local(3)), get(FIRST))),
    ...set(
      local(7),
      sum(
        get(FIRST),
        xor(rotate(a, 2), rotate(a, 13), rotate(a, 22)),
        // The majority: where the first two differ, the third decides.
        select(c, b, xor(a, b)),
      ),
    ),
  ];
}

function moduleBytes(): Uint8Array {
  const initial = fractions(8, Math.sqrt);
  const rows = Array.from({ length: ROW }, (_, index) => round(index)).flat();
  const body = [
    ...schedule(),
    ...initial.flatMap((word, index) => set(STATE + index, splat(word))),
    ...set(AT, int(0)),
    ...loop(AT, ROW * WORD_BYTES, ROUNDS * WORD_BYTES, rows),
    ...initial
      .slice(0, 4)
      .flatMap((word, index) =>
        store(int(0), HASH_AT + index * WORD_BYTES, sum(get(STATE + index), splat(word))),
      ),
    0x0b,
  ];
  const code = [2, 1, I32.type, 10, V128.type, ...body];
  const section = (id: number, content: Code) => [id, ...leb(content.length), ...content];
  const name = (text: string) => [text.length, ...Buffer.from(text)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 0, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...name('memory'), 2, 0, ...name('run'), 0, 0]),
    ...section(10, [1, ...leb(code.length), ...code]),
  ]);
}

/** Undefined where WebAssembly has no SIMD: on processors of before 2008. */
export function sha256Lanes(): Sha256Lanes | undefined {
  const bytes = moduleBytes();
  if (!WebAssembly.validate(bytes)) return undefined;
  const { memory, run } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  const words = (at: number, count: number) => new Int32Array(memory.buffer, at, count * LANES);
  const constants = words(ROUNDS_AT, ROUNDS);
  fractions(ROUNDS, Math.cbrt).forEach((word, index) =>
    constants.fill(word, index * LANES, (index + 1) * LANES),
  );
  return { block: words(0, 16), hash: words(HASH_AT, 4), run };
}
