import { isAscii } from './ascii.js';

const SLOTS = 4096;
/** Ids of events are mostly longer, and no id comes often. */
const LONGEST = 32;

/**
 * Texts of ASCII out of bytes. Most texts of events are the same few (project, type, names, many
 * subjects), and to look one up costs a fraction of making it. Remembers at most 4096 short ones, each
 * until another falls into its slot.
 */
export class TextCache {
  private readonly slots: string[] = Array.from({ length: SLOTS }, () => '');

  /** The text in these bytes; undefined when one of them is NUL or not of ASCII. */
  ascii(bytes: Buffer, from: number, to: number): string | undefined {
    if (to - from > LONGEST) return isAscii(bytes, from, to) ? latin1(bytes, from, to) : undefined;
    const slot = slotOf(bytes, from, to);
    const known = this.slots[slot] ?? '';
    if (known !== '' && lies(known, bytes, from, to)) return known;
    if (!isAscii(bytes, from, to)) return undefined;
    return (this.slots[slot] = latin1(bytes, from, to));
  }
}

/** Texts that differ at the end, where numbers are, mostly have another. */
function slotOf(bytes: Buffer, from: number, to: number): number {
  let hash = to - from;
  for (let at = Math.max(from, to - 4); at < to; at++) hash = hash * 31 + (bytes[at] ?? 0);
  return (hash + (bytes[from] ?? 0)) & (SLOTS - 1);
}

function latin1(bytes: Buffer, from: number, to: number): string {
  return bytes.toString('latin1', from, to);
}

function lies(text: string, bytes: Buffer, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let index = 0; index < text.length; index++)
    if (text.charCodeAt(index) !== bytes[from + index]) return false;
  return true;
}
