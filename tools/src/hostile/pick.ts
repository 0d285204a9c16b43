/** A whole number from 0 up to, but not, `below`. */
export type Pick = (below: number) => number;

/** What a seed decides: a run that found something can be made again. */
export function pickFrom(seed: number): Pick {
  let state = (seed * 2_654_435_761) | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
