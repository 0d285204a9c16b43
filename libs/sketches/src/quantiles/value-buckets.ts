/** Relative accuracy: an answer is at most this share of the true value beside it. */
export const QUANTILE_ERROR = 0.01;

/** Magnitudes are below 10^18 micro-units. */
const BOUND_MICRO = 1e18;
const FRACTION_BITS = 128n;

/**
 * The largest magnitude of each bucket, in micro-units: the whole part of (101/99)^bucket, where
 * 101/99 = (1 + 0.01) / (1 - 0.01). By whole numbers, each 101/99 of the one before it, cut behind 128
 * bits: a logarithm need not be the same in every engine, and a bucket has to be the same for ever.
 */
const BOUNDS = bounds();

/** How many there are: bucket 0 has the magnitude of 1 micro-unit. */
export const BUCKETS = BOUNDS.length;

/** The bucket of a magnitude from 1 micro-unit below 10^18, as the nearest double. */
export function bucketOf(micro: number): number {
  let low = 0;
  let high = BUCKETS - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (micro <= (BOUNDS[middle] ?? 0)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** In micro-units: what no magnitude of the bucket is further from than QUANTILE_ERROR of it. */
export function magnitudeOf(bucket: number): number {
  const least = bucket === 0 ? 1 : (BOUNDS[bucket - 1] ?? 0) + 1;
  const largest = BOUNDS[bucket] ?? 0;
  return least * (largest / (least + largest)) * 2;
}

function bounds(): Float64Array {
  const all: number[] = [];
  for (let exact = 1n << FRACTION_BITS; ; exact = (exact * 101n) / 99n) {
    const bound = Number(exact >> FRACTION_BITS);
    all.push(bound);
    if (bound >= BOUND_MICRO) return Float64Array.from(all);
  }
}
