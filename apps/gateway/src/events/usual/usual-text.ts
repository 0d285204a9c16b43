import { BACKSLASH, QUOTE } from '../json-bytes.js';
/** Where nothing usual is. */
export const NOWHERE = -1;

/** By byte: 1 for those that stand in a string for themselves. The body is known to be UTF-8. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);

/** Where the string ends whose first byte is at `from`: at its quote; NOWHERE when it has an escape. */
export function textEnd(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && PLAIN[bytes[at] ?? 0] === 1) at += 1;
  return at < to && bytes[at] === QUOTE ? at : NOWHERE;
}

/** Whether these bytes stand at `at`, all before `to`. */
export function standsAt(bytes: Buffer, at: number, to: number, word: Uint8Array): boolean {
  if (at + word.length > to) return false;
  for (let index = 0; index < word.length; index++)
    if (bytes[at + index] !== word[index]) return false;
  return true;
}
