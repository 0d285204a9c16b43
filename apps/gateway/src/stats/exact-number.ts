/** Shortest decimal of a whole number of micro-units: `-1500000` → `-1.5`. */
export function microText(micro: string): string {
  const isNegative = micro.startsWith('-');
  const digits = (isNegative ? micro.slice(1) : micro).padStart(7, '0');
  const whole = digits.slice(0, -6).replace(/^0+(?=\d)/, '');
  const fraction = digits.slice(-6).replace(/0+$/, '');
  const text = fraction === '' ? whole : `${whole}.${fraction}`;
  return isNegative && text !== '0' ? `-${text}` : text;
}

/**
 * A decimal as JSON: a number where every reader with doubles gets the same decimal back, else a
 * string, as for whole numbers past 2^53.
 */
export function jsonNumber(decimal: string): string {
  const number = Number(decimal);
  const isKept =
    String(number) === decimal && (Number.isSafeInteger(number) || !Number.isInteger(number));
  return isKept ? decimal : `"${decimal}"`;
}

const EXACT_BOUND = 2n ** 53n;
/** Enough bits of a quotient that the one behind them, which stands for the rest, decides ties. */
const QUOTIENT_BITS = 66;

/**
 * The double nearest to sum / 10^6 / valued, ties to even. The exact quotient is brought to more
 * bits than a double has, its last one set when anything is left over, and rounded once.
 */
export function average(sumMicro: bigint, valued: bigint): number {
  const divisor = valued * 1_000_000n;
  // Both are exact as doubles then, and a division of doubles is rounded once.
  if (divisor < EXACT_BOUND && sumMicro < EXACT_BOUND && sumMicro > -EXACT_BOUND)
    return Number(sumMicro) / Number(divisor);
  const dividend = sumMicro < 0n ? -sumMicro : sumMicro;
  const shift = Math.max(0, QUOTIENT_BITS + bitsOf(divisor) - bitsOf(dividend));
  const shifted = dividend << BigInt(shift);
  const quotient = shifted / divisor;
  const rest = shifted % divisor === 0n ? 0n : 1n;
  const magnitude = Number(quotient | rest) * 2 ** -shift;
  return sumMicro < 0n ? -magnitude : magnitude;
}

function bitsOf(number: bigint): number {
  return number.toString(2).length;
}
