import { malformed } from './sketch-bytes.js';
import { sketchEnd, sketchKind, UNIQUES, type SketchKind } from './sketch.js';

const ATTRIBUTE_AT = 4;
/** Of an entry, in front of its sketch. */
export const ENTRY_BYTES = 12;
/** What stands for the attribute where a sketch is of none. */
const NO_ATTRIBUTE = 0n;

/** What a delta adds to one sketch of one row. */
export interface DeltaEntry {
  /** Number of the row of the delta. */
  readonly row: number;
  readonly kind: SketchKind;
  /** `attributeId`; 0 for quantiles. */
  readonly attribute: bigint;
  /** Where the sketch lies. */
  readonly from: number;
  readonly to: number;
}

/** As docs/formats/sketch.md has it. @param attribute undefined for quantiles. */
export function encodeDeltaEntry(
  row: number,
  attribute: bigint | undefined,
  sketch: Buffer,
): Buffer {
  const bytes = Buffer.allocUnsafe(ENTRY_BYTES + sketch.length);
  bytes.writeUInt32BE(row, 0);
  bytes.writeBigInt64BE(attribute ?? NO_ATTRIBUTE, ATTRIBUTE_AT);
  sketch.copy(bytes, ENTRY_BYTES);
  return bytes;
}

/** Entries of a delta, each checked when it is come to. RangeError for what is none. */
export function* deltaEntries(bytes: Buffer): Generator<DeltaEntry, void> {
  for (let at = 0; at < bytes.length;) {
    const from = at + ENTRY_BYTES;
    if (from > bytes.length) throw malformed('an entry without one');
    const kind = sketchKind(bytes, from);
    const attribute = bytes.readBigInt64BE(at + ATTRIBUTE_AT);
    if (kind !== UNIQUES && attribute !== NO_ATTRIBUTE)
      throw malformed('one of values with an attribute');
    const to = sketchEnd(bytes, from);
    yield { row: bytes.readUInt32BE(at), kind, attribute, from, to };
    at = to;
  }
}
