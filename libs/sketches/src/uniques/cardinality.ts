/** 1 / (2 ln 2). */
const ALPHA = 0.7213475204444817;

/**
 * The improved raw estimator (O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches",
 * 2017, algorithm 6): good from 0 to 2^64, without the bias of the first one (Flajolet et al., 2007) where
 * few registers are taken, and without tables. Only sums, products and square roots, which IEEE 754 rounds
 * the same everywhere. @param counts Of registers, by rank; the last rank is that of a hash without a one.
 */
export function cardinality(counts: Float64Array, registers: number): number {
  const last = counts.length - 1;
  let z = registers * tau(1 - (counts[last] ?? 0) / registers);
  for (let rank = last - 1; rank >= 1; rank--) z = 0.5 * (z + (counts[rank] ?? 0));
  z += registers * sigma((counts[0] ?? 0) / registers);
  return (ALPHA * registers * registers) / z;
}

function sigma(share: number): number {
  if (share === 1) return Infinity;
  let x = share;
  let y = 1;
  let z = share;
  for (let before = NaN; z !== before;) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let x = share;
  let y = 1;
  let z = 1 - share;
  for (let before = NaN; z !== before;) {
    x = Math.sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}
