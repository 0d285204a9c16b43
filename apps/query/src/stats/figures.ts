import {
  isAttributeName,
  TallyError,
  type CounterRow,
  type CounterRows,
  type query,
} from '@tally/contracts';
import { DDSketch, HyperLogLog, readSketches, type WindowSketches } from '@tally/sketches';

/** Figures that are asked of the sketches of each window, in their order. */
export interface AskedFigures {
  /** The number of its different values; undefined: it is not asked. */
  readonly uniqueAttribute: string | undefined;
  /** In thousandths. */
  readonly quantiles: readonly number[];
  /** How many there are of a window. */
  readonly width: number;
  /** Tells it from other ones. */
  readonly key: string;
}

const MAX_QUANTILES = 16;
const MOST = 1000;
/** So many windows are looked at in a step, some tenths of a millisecond. */
const STEP_ROWS = 256;
const NO_FIGURES = new Float64Array(0);

/** undefined: none are asked. TallyError `invalid_argument`. */
export function askedFigures({ figures }: query.GetStatsRequest): AskedFigures | undefined {
  if (figures === undefined) return undefined;
  const { uniqueAttribute, quantiles } = figures;
  if (uniqueAttribute !== undefined && !isAttributeName(uniqueAttribute))
    throw invalid(`expected the name of an attribute, got ${JSON.stringify(uniqueAttribute)}`);
  if (quantiles.length > MAX_QUANTILES || quantiles.some((quantile) => quantile > MOST))
    throw invalid(
      `expected at most ${MAX_QUANTILES} quantiles of at most ${MOST}, got ${quantiles.join(', ')}`,
    );
  const width = quantiles.length + (uniqueAttribute === undefined ? 0 : 1);
  if (width === 0) return undefined;
  const key = JSON.stringify([uniqueAttribute, ...quantiles]);
  return { uniqueAttribute, quantiles, width, key };
}

/**
 * Writes the figures of a window, in front: NaN of quantiles where no event had a value, and where a
 * sketch has not seen all events of the window, as a part would be taken for the whole. RangeError for
 * what is no sketch.
 */
export function writeFigures(
  { uniqueAttribute, quantiles }: AskedFigures,
  { count, valued, min, max }: CounterRow,
  sketches: WindowSketches,
  figures: Float64Array,
): void {
  let next = 0;
  if (uniqueAttribute !== undefined) {
    const sketch = readSketches(new HyperLogLog(), sketches.uniques);
    figures[next++] = BigInt(sketch.events) === count ? sketch.estimate() : Number.NaN;
  }
  if (quantiles.length === 0) return;
  const sketch = readSketches(new DDSketch(), sketches.quantiles);
  const isWhole = BigInt(sketch.count) === valued;
  for (const quantile of quantiles) {
    const found = isWhole ? sketch.quantile(quantile) : undefined;
    figures[next++] =
      found === undefined ? Number.NaN : nearest(quantile, found, Number(min), Number(max));
  }
}

/** How many windows have a figure that is not known, in steps; undefined where no figures are asked. */
export function* partlyDeclared(
  asked: AskedFigures | undefined,
  all: Iterable<{ readonly rows: CounterRows; readonly figures?: Float64Array | undefined }>,
): Generator<undefined, number | undefined> {
  if (asked === undefined) return undefined;
  let windows = 0;
  for (const { rows, figures = NO_FIGURES } of all)
    for (let at = 0; at < rows.length; at++) {
      if (isPartlyDeclared(asked, rows.at(at).valued, figures.subarray(at * asked.width)))
        windows += 1;
      if (at % STEP_ROWS === STEP_ROWS - 1) yield;
    }
  return windows;
}

/** Of what the window has for sure: of one value that value, and the first and the last are its ends. */
function nearest(quantile: number, found: number, min: number, max: number): number {
  if (quantile === 0) return min;
  return quantile === MOST ? max : Math.min(Math.max(found, min), max);
}

/** Whether a figure of a window is not known, of which all events would have to be in its sketches. */
function isPartlyDeclared(
  { uniqueAttribute, quantiles, width }: AskedFigures,
  valued: bigint,
  figures: Float64Array,
): boolean {
  if (uniqueAttribute !== undefined && Number.isNaN(figures[0])) return true;
  return quantiles.length > 0 && valued > 0n && Number.isNaN(figures[width - 1]);
}

function invalid(message: string): TallyError {
  return new TallyError('invalid_argument', message);
}
