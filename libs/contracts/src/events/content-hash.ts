/** Bits of a content hash: of this many events of other contents, 2^16, one goes unnoticed. */
export const CONTENT_HASH_BITS = 16;

/** Where a walk over bytes ends that are no event. */
const NOWHERE = -1;

/**
 * What tells two events of one id apart: a hash of type, subject, time, value and attributes, the
 * latter in any order; of a time only if the client named it. The same for all schemas, as those only
 * add fields behind. Of bytes that are cut: 0. Nothing is decoded for it: a window that is read back
 * after a restart asks for it once per event. Never throws, reads nothing outside, takes as long as the
 * bytes are.
 */
export function contentHash(bytes: Buffer, from: number, to: number): number {
  const end = Math.min(to, bytes.length);
  const names = behindText(bytes, behindText(bytes, from, end), end); // project, id
  const time = behindText(bytes, behindText(bytes, names, end), end); // type, subject
  const value = behindLong(bytes, time, end);
  if (value === NOWHERE || value >= end) return 0;
  const attributes =
    bytes[value] === 0
      ? value + 1
      : behindLong(bytes, behindLong(bytes, behindLong(bytes, value, end), end), end);
  if (attributes === NOWHERE || attributes >= end) return 0;

  let sum = 0;
  let at = attributes;
  while (at < end && bytes[at] !== 0) {
    let count = longAt(bytes, at, end);
    at = behindLong(bytes, at, end);
    if (count < 0) {
      count = -count;
      at = behindLong(bytes, at, end);
    }
    for (; count > 0; count--) {
      const behind = behindAttribute(bytes, at, end);
      if (behind === NOWHERE) return 0;
      sum = (sum + attributeHash(bytes, at, behind)) | 0;
      at = behind;
    }
    if (at === NOWHERE) return 0;
  }
  if (at >= end) return 0;
  const isTimeAssigned = bytes[at + 1] === 1 && at + 1 < end;
  return contentHashOfParts(bytes, { names, time, value, attributes }, sum, isTimeAssigned);
}

/** Where the parts of an event begin; the names are its type and subject. */
export interface ContentParts {
  readonly names: number;
  readonly time: number;
  readonly value: number;
  readonly attributes: number;
}

/** As `contentHash`, by who has walked over the event. @param sum Of `attributeHash` of its attributes. */
export function contentHashOfParts(
  bytes: Buffer,
  { names, time, value, attributes }: ContentParts,
  sum: number,
  isTimeAssigned: boolean,
): number {
  const all = isTimeAssigned
    ? sum + hash(bytes, names, time, 1) + hash(bytes, value, attributes, 2)
    : sum + hash(bytes, names, attributes, 3);
  return (all ^ (all >>> CONTENT_HASH_BITS)) & (2 ** CONTENT_HASH_BITS - 1);
}

/** Of one attribute: what the hash of the contents has of it. */
export function attributeHash(bytes: Buffer, from: number, to: number): number {
  return hash(bytes, from, to, 0);
}

function behindAttribute(bytes: Buffer, at: number, end: number): number {
  const branch = behindText(bytes, at, end);
  if (branch === NOWHERE || branch >= end) return NOWHERE;
  const value = branch + 1;
  if (bytes[branch] === 0) return behindText(bytes, value, end);
  const behind = value + (bytes[branch] === 2 ? 8 : 1);
  return behind > end ? NOWHERE : behind;
}

function behindText(bytes: Buffer, at: number, end: number): number {
  if (at === NOWHERE || at >= end) return NOWHERE;
  const first = bytes[at] ?? 0;
  const length = first < 0x80 ? first >>> 1 : longAt(bytes, at, end);
  const behind = (first < 0x80 ? at + 1 : behindLong(bytes, at, end)) + length;
  return length < 0 || behind <= at || behind > end ? NOWHERE : behind;
}

function behindLong(bytes: Buffer, at: number, end: number): number {
  if (at === NOWHERE) return NOWHERE;
  let behind = at;
  while (behind < end && (bytes[behind] ?? 0) >= 0x80) behind += 1;
  return behind < end ? behind + 1 : NOWHERE;
}

/** The number at `at`, exactly if it is of 32 bits; too large a one for any length otherwise. */
function longAt(bytes: Buffer, at: number, end: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return (first >>> 1) ^ -(first & 1);
  let value = 0;
  let factor = 1;
  for (let index = at; index < end; index++, factor *= 128) {
    const byte = bytes[index] ?? 0;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) break;
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/**
 * Four bytes at once, each step a bijection of the state (as in FNV-1a, but with a shift, so that high
 * bits reach low ones); in the end the mixing of MurmurHash3 (A. Appleby, 2008).
 */
function hash(bytes: Buffer, from: number, to: number, seed: number): number {
  let state = seed ^ (to - from);
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    const high = (bytes[at + 2] ?? 0) | ((bytes[at + 3] ?? 0) << 8);
    state = Math.imul(state ^ low ^ (high << 16), 0x01000193);
    state ^= state >>> 15;
  }
  for (; at < to; at++) state = Math.imul(state ^ (bytes[at] ?? 0), 0x01000193);
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return state ^ (state >>> 16);
}
