import { MAX_DIGITS } from '@tally/counting';
import { MAX_NESTING } from './limits.js';

export interface JsonScan {
  readonly isTooDeep: boolean;
  /** A number outside of strings has so many digits, or an exponent, that a double may lose some. */
  readonly mayLoseDigits: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Looks once over the bytes of a JSON text, before it is parsed: how deep it nests, and whether it
 * has numbers that are not the same afterwards. The answer holds up to where the text is
 * malformed; from there on it says nothing.
 */
export function scanJson(bytes: Uint8Array): JsonScan {
  const end = bytes.length;
  let depth = 0;
  let mayLoseDigits = false;
  for (let at = 0; at < end; at++) {
    const byte = bytes[at];
    switch (byte) {
      case QUOTE:
        for (at += 1; at < end && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at += 1;
        break;
      case 0x5b: // [
      case 0x7b: // {
        depth += 1;
        if (depth > MAX_NESTING) return { isTooDeep: true, mayLoseDigits };
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth -= 1;
        break;
      default:
        if (byte !== undefined && byte >= 0x30 && byte <= 0x39) {
          const from = at;
          let hasExponent = false;
          for (; at + 1 < end; at++) {
            const next = bytes[at + 1] ?? 0;
            if (next === 0x65 || next === 0x45) hasExponent = true;
            else if (!((next >= 0x30 && next <= 0x39) || isNumberMark(next))) break;
          }
          // The point counts as a digit here: that is only too careful.
          if (hasExponent || at + 1 - from > MAX_DIGITS) mayLoseDigits = true;
        }
    }
  }
  return { isTooDeep: false, mayLoseDigits };
}

function isNumberMark(byte: number): boolean {
  return byte === 0x2e || byte === 0x2b || byte === 0x2d;
}
