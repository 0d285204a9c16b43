import { BUCKETED, DDSketch, readBuckets } from './quantiles/dd-sketch.js';
import { malformed } from './sketch-bytes.js';
import { DENSE, HyperLogLog, readRegisters, SPARSE } from './uniques/hyper-log-log.js';

/** What a sketch is of, as storage has it: numbers that stay. */
export const UNIQUES = 0;
export const QUANTILES = 1;
export type SketchKind = typeof UNIQUES | typeof QUANTILES;

/** What the sketch that begins at `at` is of. RangeError when none does. */
export function sketchKind(bytes: Buffer, at: number): SketchKind {
  const form = bytes[at];
  if (form === SPARSE || form === DENSE) return UNIQUES;
  if (form === BUCKETED) return QUANTILES;
  throw malformed(form === undefined ? 'none' : `a first byte of ${form}`);
}

/** The end of the sketch that begins at `at`, all of it checked. RangeError when none does. */
export function sketchEnd(bytes: Buffer, at: number): number {
  return sketchKind(bytes, at) === UNIQUES
    ? readRegisters(bytes, at, nothing).end
    : readBuckets(bytes, at, nothing);
}

/** One sketch out of all in these bytes, one behind the other. RangeError for anything else. */
export function readSketches<Sketch extends HyperLogLog | DDSketch>(
  merged: Sketch,
  bytes: Buffer,
): Sketch {
  for (let at = 0; at < bytes.length;) at = merged.merge(bytes, at);
  return merged;
}

function nothing(): void {
  // Its parts were checked.
}
