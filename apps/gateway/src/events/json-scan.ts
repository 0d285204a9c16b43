import { MAX_DIGITS } from '@tally/counting';
import { BACKSLASH, COMMA, LIST, LIST_END, QUOTE } from './json-bytes.js';
import { MAX_NESTING } from './limits.js';

/** Bytes that one step looks at: a millisecond. */
const STEP_BYTES = 256 * 1024;

const NONE = -1;

/** Elements of a list that stand one behind the other: bytes `from` to `to`, without the commas around. */
export interface ElementGroup {
  readonly from: number;
  readonly to: number;
  /** It is one element, of more bytes than `largeBytes`. */
  readonly isLarge: boolean;
  /** A number in it has so many digits, or an exponent, that a double may lose some. */
  readonly mayLoseDigits: boolean;
  /** Something in it nests too deep, or in the group before it if it is large. */
  readonly isTooDeep: boolean;
}

/** How a list is cut into groups, and how much of the text a step looks at. */
export interface ScanSizes {
  /** A group ends with the first element at which it has so many bytes. */
  readonly groupBytes: number;
  /** An element of more bytes is a group of its own. */
  readonly largeBytes: number;
  readonly stepBytes?: number;
}

/**
 * Looks once over the bytes of a JSON text, in steps, before it is parsed: how deep it nests, whether it
 * has numbers that are not the same afterwards, and where the elements of a list are. Only strings,
 * brackets and commas are looked at, so a list is also cut whose elements are no JSON, as long as what
 * they open they close: each has to be parsed. What parses is an element in the eyes of JSON.parse too.
 * Elements that somebody else has read are passed over.
 */
export class JsonScan {
  /** Anywhere in the text. */
  isTooDeep = false;
  /** Anywhere in the text. */
  mayLoseDigits = false;
  /** Elements of the list so far, also those that are in no group. */
  elements = 0;
  /** A group ends with the first element at which it has so many bytes. */
  groupBytes: number;
  /** Whether the text begins as a list. */
  isListBegun = false;
  /** Whether nothing but white space is around the list. */
  isList = false;

  private readonly end: number;
  private readonly stepBytes: number;
  private at = 0;
  private isBegun = false;
  private depth = 0;
  private isInString = false;
  private numberFrom = NONE;
  private groupFrom = 0;
  private elementFrom = 0;
  private groupLosesDigits = false;
  private groupIsTooDeep = false;
  private listEnd = NONE;
  private groups: ElementGroup[] = [];
  /** Up to where white space was seen behind the list. */
  private spaceTo = NONE;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly sizes: ScanSizes,
    private readonly maxElements: number,
  ) {
    this.end = bytes.length;
    this.stepBytes = sizes.stepBytes ?? STEP_BYTES;
    this.groupBytes = sizes.groupBytes;
  }

  /**
   * Looks at some more bytes, up to where the list begins, or the end of a group; true when there are
   * none left.
   */
  step(): boolean {
    if (!this.isBegun) {
      this.begin();
      return false;
    }
    const { bytes, end } = this;
    let stop = Math.min(this.at + this.stepBytes, end);
    let at = this.resume(stop);
    let depth = this.depth;
    // The hot loop of the gateway: what is in it is there because a call in its place was measured.
    for (; at < stop; at++) {
      const byte = bytes[at];
      switch (byte) {
        case QUOTE:
          for (at += 1; at < stop && bytes[at] !== QUOTE; at++)
            if (bytes[at] === BACKSLASH) at += 1;
          if (at >= stop) {
            this.isInString = true;
            at -= 1;
          }
          break;
        case COMMA:
          if (depth === 1 && this.elementEnd(at)) stop = at + 1;
          break;
        case LIST:
        case 0x7b: // {
          depth += 1;
          if (depth > MAX_NESTING) this.isTooDeep = this.groupIsTooDeep = true;
          break;
        case LIST_END:
        case 0x7d: // }
          depth -= 1;
          if (depth === 0 && this.close(at)) stop = at + 1;
          break;
        default:
          if (byte !== undefined && byte >= 0x30 && byte <= 0x39) {
            this.numberFrom = at;
            at = this.number(at, stop);
          }
      }
    }
    this.at = at;
    this.depth = depth;
    return at >= end && this.isBehindSeen();
  }

  /** The elements that were cut since it was asked last, of the first `maxElements`. */
  takeGroups(): readonly ElementGroup[] {
    const { groups } = this;
    if (groups.length > 0) this.groups = [];
    return groups;
  }

  /** Where the next element begins of a list, if nothing in front of it is in no group; else undefined. */
  get nextElement(): number | undefined {
    const isBetween = this.isBegun && this.listEnd === NONE && this.at === this.groupFrom;
    return isBetween ? this.at : undefined;
  }

  /** Somebody else has read so many elements from the next one on; a comma or the bracket ends the last. */
  pass(elements: number, end: number): void {
    this.elements += elements;
    this.at = this.groupFrom = this.elementFrom = end + 1;
    if (this.bytes[end] !== LIST_END) return;
    this.listEnd = end;
    this.depth = 0;
  }

  /** Whether the list, if it is one, has its last element. */
  get isClosed(): boolean {
    return this.listEnd !== NONE;
  }

  /** Looks at the white space in front. */
  private begin(): void {
    const stop = Math.min(this.at + this.stepBytes, this.end);
    this.at = spaceEnd(this.bytes, this.at, stop);
    if (this.at === stop && stop < this.end) return;
    this.isBegun = true;
    this.isListBegun = this.isList = this.bytes[this.at] === LIST;
    if (!this.isList) this.listEnd = 0;
    else {
      this.depth = 1;
      this.at += 1;
    }
    this.groupFrom = this.elementFrom = this.at;
  }

  /** Looks for what else is behind the list; false while there may be more. */
  private isBehindSeen(): boolean {
    if (this.listEnd === NONE) this.isList = false;
    if (!this.isList) return true;
    const from = Math.max(this.spaceTo, this.listEnd + 1);
    const stop = Math.min(from + this.stepBytes, this.end);
    this.spaceTo = spaceEnd(this.bytes, from, stop);
    if (this.spaceTo < stop) this.isList = false;
    return this.spaceTo < stop || stop === this.end;
  }

  /** Goes on with what the last step was in the middle of; where the rest begins. */
  private resume(stop: number): number {
    if (this.isInString) {
      this.isInString = false;
      return this.string(this.at, stop) + 1;
    }
    return this.numberFrom === NONE ? this.at : this.number(this.at - 1, stop) + 1;
  }

  /** Where a string ends of which `at` is the next byte; the last one looked at if it goes on. */
  private string(at: number, stop: number): number {
    const { bytes } = this;
    for (; at < stop && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at += 1;
    if (at < stop) return at;
    this.isInString = true;
    // A backslash that ends the step takes the first byte of the next one with it.
    return at - 1;
  }

  /** Where a number ends of which `at` is a byte; the last one looked at if it may go on. */
  private number(at: number, stop: number): number {
    const { bytes } = this;
    for (; at + 1 < stop; at++) {
      const next = bytes[at + 1] ?? 0;
      if (next === 0x65 || next === 0x45) this.loseDigits();
      else if (!((next >= 0x30 && next <= 0x39) || isNumberMark(next))) {
        this.measure(at + 1);
        this.numberFrom = NONE;
        return at;
      }
    }
    this.measure(at + 1);
    return at;
  }

  private measure(numberEnd: number): void {
    // The point counts as a digit here: that is only too careful.
    if (numberEnd - this.numberFrom > MAX_DIGITS) this.loseDigits();
  }

  private loseDigits(): void {
    this.mayLoseDigits = true;
    this.groupLosesDigits = true;
  }

  /** True when it ends a group too, of the first `maxElements`. */
  private elementEnd(at: number): boolean {
    if (this.listEnd !== NONE) return false;
    this.elements += 1;
    const { groupFrom, elementFrom, sizes } = this;
    this.elementFrom = at + 1;
    const isLarge = at - elementFrom > sizes.largeBytes;
    if (!isLarge && at - groupFrom < this.groupBytes) return false;
    // Which of the two has the digits or the depth is not known then: that is only too careful.
    if (isLarge && groupFrom < elementFrom) this.cut(groupFrom, elementFrom - 1, false);
    this.cut(isLarge ? elementFrom : groupFrom, at, isLarge);
    this.groupLosesDigits = this.groupIsTooDeep = false;
    return this.elements <= this.maxElements;
  }

  private cut(from: number, to: number, isLarge: boolean): void {
    this.groupFrom = to + 1;
    if (this.elements > this.maxElements) return;
    const { groupLosesDigits: mayLoseDigits, groupIsTooDeep: isTooDeep } = this;
    this.groups.push({ from, to, isLarge, mayLoseDigits, isTooDeep });
  }

  /** True when it ended a group of the list. */
  private close(at: number): boolean {
    if (this.listEnd !== NONE) return false;
    this.elementEnd(at);
    this.listEnd = at;
    if (this.bytes[at] !== LIST_END) this.isList = false;
    if (this.groupFrom <= at) this.cut(this.groupFrom, at, false);
    return true;
  }
}

/** The scan of a whole short text. */
export function scanJson(bytes: Uint8Array): Pick<JsonScan, 'isTooDeep' | 'mayLoseDigits'> {
  const scan = new JsonScan(bytes, { groupBytes: Infinity, largeBytes: Infinity }, 0);
  while (!scan.step());
  return scan;
}

/** Where white space of JSON ends that may begin at `from`; at `to` at the latest. */
export function spaceEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && isSpace(bytes[at])) at += 1;
  return at;
}

/** Where white space of JSON begins that may end at `to`; at `from` at the earliest. */
export function spaceStart(bytes: Uint8Array, from: number, to: number): number {
  let at = to;
  while (at > from && isSpace(bytes[at - 1])) at -= 1;
  return at;
}

export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isNumberMark(byte: number): boolean {
  return byte === 0x2e || byte === 0x2b || byte === 0x2d;
}
