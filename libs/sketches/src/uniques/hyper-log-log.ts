import { addCounts, malformed, SketchReader, varintBytes, writeVarint } from '../sketch-bytes.js';
import { cardinality } from './cardinality.js';
import type { HashedText } from './hashed-text.js';

const PRECISION = 14;
const REGISTERS = 2 ** PRECISION;
/** Bits of a hash behind those that choose the register. */
const RANK_BITS = 64 - PRECISION;
const MAX_RANK = RANK_BITS + 1;
/** Bits of the upper word of a hash that count for the rank. */
const HIGH_BITS = 32 - PRECISION;
const REGISTER_BITS = 6;
const RANK_MASK = 2 ** REGISTER_BITS - 1;
const PAIR_BYTES = 3;
const DENSE_BYTES = (REGISTERS * REGISTER_BITS) / 8;
/** So many registers that are taken make a list of them no shorter than all of them. */
const DENSE_FROM = DENSE_BYTES / PAIR_BYTES;
/** A list has so many at most in memory, where it takes more than in bytes. */
const MOST_LISTED = 256;

/** First byte of a sketch. */
export const SPARSE = 1;
export const DENSE = 2;

/** Standard error of an estimate: 1.04 / sqrt(2^14). */
export const UNIQUE_ERROR = 0.0081;

/**
 * How many different values there were: HyperLogLog (Flajolet et al., 2007) with 2^14 registers and hashes
 * of 64 bits. What it is depends on the set of values and on the number of events alone: not on their
 * order, nor on how they came together out of others.
 */
export class HyperLogLog {
  /** Events that it has seen, with and without a value. */
  events = 0;
  /** Rank by register, of those that are taken, while they are few. */
  private listed: Map<number, number> | undefined = new Map<number, number>();
  private registers = NONE;
  /** Registers that are taken. */
  private taken = 0;

  /** An event with a value. */
  add({ high, low }: Pick<HashedText, 'high' | 'low'>): void {
    this.events += 1;
    const rest = high << PRECISION;
    const zeros = rest === 0 ? HIGH_BITS + Math.clz32(low) : Math.clz32(rest);
    this.raise(high >>> HIGH_BITS, zeros + 1);
  }

  /** An event without a value. */
  pass(): void {
    this.events += 1;
  }

  /** At least the bytes that `encode` makes. */
  get size(): number {
    const registers = this.taken < DENSE_FROM ? 2 + this.taken * PAIR_BYTES : DENSE_BYTES;
    return 1 + varintBytes(this.events) + registers;
  }

  /** Takes in the sketch that begins at `at`, and returns its end. RangeError when none does. */
  merge(bytes: Buffer, at: number): number {
    const read = readRegisters(bytes, at, (register, rank) => this.raise(register, rank));
    this.events = addCounts(this.events, read.events);
    return read.end;
  }

  /** See docs/formats/sketch.md. */
  encode(): Buffer {
    const bytes = Buffer.alloc(this.size);
    bytes[0] = this.taken < DENSE_FROM ? SPARSE : DENSE;
    const at = writeVarint(bytes, 1, this.events);
    if (this.taken >= DENSE_FROM) {
      writeDense(bytes, at, this.registers);
      return bytes;
    }
    let end = writeVarint(bytes, at, this.taken);
    for (const pair of this.pairs()) end = bytes.writeUIntBE(pair, end, PAIR_BYTES);
    return bytes.subarray(0, end);
  }

  /** How many different values there were, a whole number; standard error UNIQUE_ERROR. */
  estimate(): number {
    const counts = new Float64Array(MAX_RANK + 1);
    const ranks = this.listed === undefined ? this.registers : [...this.listed.values()];
    for (let at = 0; at < ranks.length; at++) {
      const rank = ranks[at] ?? 0;
      counts[rank] = (counts[rank] ?? 0) + 1;
    }
    counts[0] = REGISTERS - this.taken;
    return Math.round(cardinality(counts, REGISTERS));
  }

  private raise(register: number, rank: number): void {
    const { listed } = this;
    if (listed === undefined) {
      const known = this.registers[register] ?? 0;
      if (known === 0) this.taken += 1;
      if (known < rank) this.registers[register] = rank;
      return;
    }
    const known = listed.get(register);
    if (known !== undefined && known >= rank) return;
    listed.set(register, rank);
    this.taken = listed.size;
    if (this.taken <= MOST_LISTED) return;
    this.registers = new Uint8Array(REGISTERS);
    for (const [one, its] of listed) this.registers[one] = its;
    this.listed = undefined;
  }

  /** The taken registers with their ranks, as numbers that ascend. */
  private pairs(): Uint32Array {
    const pairs = new Uint32Array(this.taken);
    let next = 0;
    if (this.listed !== undefined) {
      for (const [register, rank] of this.listed)
        pairs[next++] = (register << REGISTER_BITS) | rank;
      return pairs.sort();
    }
    for (let register = 0; register < REGISTERS; register++) {
      const rank = this.registers[register] ?? 0;
      if (rank > 0) pairs[next++] = (register << REGISTER_BITS) | rank;
    }
    return pairs;
  }
}

const NONE = new Uint8Array(0);

/** What a sketch says beside its registers. */
interface ReadRegisters {
  readonly events: number;
  readonly end: number;
}

/** Reads the sketch that begins at `at`, register by register. RangeError when none does. */
export function readRegisters(
  bytes: Buffer,
  at: number,
  take: (register: number, rank: number) => void,
): ReadRegisters {
  const reader = new SketchReader(bytes, at);
  const form = reader.byte();
  if (form !== SPARSE && form !== DENSE) throw malformed(`a first byte of ${form}`);
  const events = reader.varint();
  const taken = form === SPARSE ? readSparse(reader, take) : readDense(reader, take);
  if (taken > events) throw malformed(`${taken} registers of ${events} events`);
  return { events, end: reader.at };
}

function readSparse(reader: SketchReader, take: (register: number, rank: number) => void): number {
  const count = reader.varint();
  if (count >= DENSE_FROM) throw malformed(`a list of ${count} registers`);
  const pairs = reader.take(count * PAIR_BYTES);
  let last = -1;
  for (let at = 0; at < pairs.length; at += PAIR_BYTES) {
    const pair = ((pairs[at] ?? 0) << 16) | ((pairs[at + 1] ?? 0) << 8) | (pairs[at + 2] ?? 0);
    const register = pair >>> REGISTER_BITS;
    const rank = pair & RANK_MASK;
    if (register <= last || register >= REGISTERS) throw malformed('registers out of order');
    if (rank === 0 || rank > MAX_RANK) throw malformed(`a rank of ${rank}`);
    take(register, rank);
    last = register;
  }
  return count;
}

/** Six bits each, side by side, the upper ones first: four registers in three bytes. */
function readDense(reader: SketchReader, take: (register: number, rank: number) => void): number {
  const packed = reader.take(DENSE_BYTES);
  let taken = 0;
  for (let at = 0, register = 0; at < DENSE_BYTES; at += 3) {
    const four = ((packed[at] ?? 0) << 16) | ((packed[at + 1] ?? 0) << 8) | (packed[at + 2] ?? 0);
    for (let shift = 18; shift >= 0; shift -= REGISTER_BITS, register++) {
      const rank = (four >>> shift) & RANK_MASK;
      if (rank > MAX_RANK) throw malformed(`a rank of ${rank}`);
      if (rank === 0) continue;
      take(register, rank);
      taken += 1;
    }
  }
  if (taken < DENSE_FROM) throw malformed(`all registers, of which ${taken} are taken`);
  return taken;
}

function writeDense(bytes: Buffer, from: number, registers: Uint8Array): void {
  for (let at = from, register = 0; register < REGISTERS; register += 4) {
    let four = 0;
    for (let one = 0; one < 4; one++)
      four = (four << REGISTER_BITS) | (registers[register + one] ?? 0);
    at = bytes.writeUIntBE(four, at, 3);
  }
}
