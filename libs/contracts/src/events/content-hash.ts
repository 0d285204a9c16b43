import { AvroCursor } from './avro-cursor.js';

/** Bits of a content hash: of this many events of other contents, 2^16, one goes unnoticed. */
export const CONTENT_HASH_BITS = 16;

const NAMES = 1;
const TIME = 2;
const VALUE = 3;
const ATTRIBUTE = 4;

const cursor = new AvroCursor();

/**
 * What tells two events of one id apart: a hash of type, subject, time, value and attributes, the
 * latter in any order; of a time only if the client named it. The same for all schemas, as those only
 * add fields behind. Of bytes that are no event: 0. Not decoded for it: a window that is read back
 * after a restart asks for it once per event. Never throws, takes as long as the bytes are.
 */
export function contentHash(bytes: Buffer, from: number, to: number): number {
  cursor.open(bytes, from, to);
  cursor.skipString(); // project
  cursor.skipString(); // id
  const names = cursor.position;
  cursor.skipString(); // type
  cursor.skipString(); // subject
  const time = cursor.position;
  cursor.long();
  const value = cursor.position;
  if (cursor.long() !== 0) {
    cursor.long();
    cursor.long();
  }
  let sum = hash(bytes, names, time, NAMES) + hash(bytes, value, cursor.position, VALUE);
  for (let count = cursor.long(); count !== 0 && !cursor.isBroken; count = cursor.long()) {
    if (count < 0) {
      count = -count;
      cursor.long();
    }
    for (let index = 0; index < count && !cursor.isBroken; index++)
      sum += hashOfAttribute(bytes);
  }
  const isTimeAssigned = cursor.left > 0 && cursor.boolean();
  if (cursor.isBroken) return 0;
  if (!isTimeAssigned) sum += hash(bytes, time, value, TIME);
  return (sum ^ (sum >>> CONTENT_HASH_BITS)) & (2 ** CONTENT_HASH_BITS - 1);
}

function hashOfAttribute(bytes: Buffer): number {
  const from = cursor.position;
  cursor.skipString();
  const branch = cursor.long();
  if (branch === 0) cursor.skipString();
  else if (branch === 1) cursor.double();
  else cursor.boolean();
  return hash(bytes, from, cursor.position, ATTRIBUTE);
}

/** MurmurHash3 of 32 bits (A. Appleby, 2008), its last bytes taken one by one. */
function hash(bytes: Buffer, from: number, to: number, seed: number): number {
  let state = seed;
  let at = from;
  for (; at + 4 <= to; at += 4) state = mixed(state, bytes.readInt32LE(at));
  for (; at < to; at++) state = mixed(state, bytes[at] ?? 0);
  state ^= to - from;
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return state ^ (state >>> 16);
}

function mixed(state: number, word: number): number {
  const turned = Math.imul(word, 0xcc9e2d51);
  const next = state ^ Math.imul((turned << 15) | (turned >>> 17), 0x1b873593);
  return (Math.imul((next << 13) | (next >>> 19), 5) + 0xe6546b64) | 0;
}
