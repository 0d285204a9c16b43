import { hash128 } from './fingerprint.js';

/** Number of slots, fixed for ever; a slot is the top 10 bits of a series id. */
export const SLOTS = 1024;
const SLOT_BITS = 10;

/** What an attribute, and so a dimension, may be. */
export type DimensionValue = string | number | boolean;

/** The dimensions of one event, names ascending; undefined for an event without the attribute. */
export type Dimensions = readonly (readonly [name: string, value: DimensionValue | undefined])[];

/**
 * The key of a counter, 128 bits: H = first 16 bytes of SHA-256 in
 *
 *     series id = H("series" 0 project 0 type 0 subject { 0 name 0 value })
 *     with its top 10 bits replaced by those of H("series" 0 project 0 type 0 subject)
 *
 * so that all series of a subject lie in one slot. A value is `s` and the text, `n` and the number
 * as ECMAScript writes it, `t`, `f`, or `-` when absent. None of the texts holds a NUL, so no two
 * series meet.
 */
export function seriesId(
  project: string,
  type: string,
  subject: string,
  dimensions: Dimensions = [],
): Buffer {
  const base = `series\0${project}\0${type}\0${subject}`;
  const id = hash128(base);
  if (dimensions.length === 0) return id;
  const split = hash128(
    dimensions.reduce((text, [name, value]) => `${text}\0${name}\0${valueText(value)}`, base),
  );
  split[0] = id.readUInt8(0);
  split[1] = (id.readUInt8(1) & 0xc0) | (split.readUInt8(1) & 0x3f);
  return split;
}

/** The slot that a series id, or a fingerprint of an event that nobody can read, belongs to. */
export function slotOf(id: Uint8Array, at = 0): number {
  return (((id[at] ?? 0) << 8) | (id[at + 1] ?? 0)) >> (16 - SLOT_BITS);
}

/** A value as it is hashed: 1, "1" and true are three. */
export function valueText(value: DimensionValue | undefined): string {
  if (value === undefined) return '-';
  if (typeof value === 'string') return `s${value}`;
  if (typeof value === 'boolean') return value ? 't' : 'f';
  // -0 and 0 are one number.
  return `n${value === 0 ? 0 : value}`;
}
