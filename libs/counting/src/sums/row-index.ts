import { randomFillSync } from 'node:crypto';

const FIRST_ROWS = 16;
const FREE = -1;
/** Of an index without rows: most flushes of an idle processor have none. */
const NO_BUCKETS = new Int32Array(2).fill(FREE);
const NO_ROWS = new Int32Array(0);
const NO_WINDOWS = new Float64Array(0);
const HALF = 2 ** 32;
const [BY_SERIES = 1, BY_WINDOW = 1, BY_FAR_WINDOW = 1] = randomFillSync(new Int32Array(3)).map(
  (word) => word | 1,
);

/**
 * Rows from 0, each found by its series and its window: an open-addressing table of 32-bit numbers.
 * Secret factors choose the bucket, so that nobody who chooses times can make them meet.
 */
export class RowIndex {
  private buckets = NO_BUCKETS;
  private shift = Math.clz32(NO_BUCKETS.length - 1);
  private seriesOfRow = NO_ROWS;
  private windowOfRow = NO_WINDOWS;
  private count = 0;

  /** Number of rows. */
  get size(): number {
    return this.count;
  }

  /** The row, which is added when it is not there: then `size` is one more. */
  row(series: number, window: number): number {
    const { buckets, seriesOfRow, windowOfRow } = this;
    const mask = buckets.length - 1;
    let bucket = hashOf(series, window) >>> this.shift;
    for (;;) {
      const row = buckets[bucket] ?? FREE;
      if (row === FREE) break;
      if (seriesOfRow[row] === series && windowOfRow[row] === window) return row;
      bucket = (bucket + 1) & mask;
    }
    const row = this.count;
    if (row === seriesOfRow.length) {
      this.grow();
      return this.row(series, window);
    }
    buckets[bucket] = row;
    seriesOfRow[row] = series;
    windowOfRow[row] = window;
    this.count += 1;
    return row;
  }

  seriesOf(row: number): number {
    return this.seriesOfRow[row] ?? 0;
  }

  windowOf(row: number): number {
    return this.windowOfRow[row] ?? 0;
  }

  /** The series have other numbers. */
  renumber(numbers: Int32Array): void {
    if (this.count === 0) return;
    for (let row = 0; row < this.count; row++)
      this.seriesOfRow[row] = numbers[this.seriesOfRow[row] ?? 0] ?? 0;
    this.placeAll();
  }

  private grow(): void {
    const { seriesOfRow, windowOfRow } = this;
    const rows = Math.max(FIRST_ROWS, seriesOfRow.length * 2);
    this.seriesOfRow = new Int32Array(rows);
    this.seriesOfRow.set(seriesOfRow);
    this.windowOfRow = new Float64Array(rows);
    this.windowOfRow.set(windowOfRow);
    this.buckets = new Int32Array(rows * 2);
    this.shift = Math.clz32(this.buckets.length - 1);
    this.placeAll();
  }

  private placeAll(): void {
    const { buckets } = this;
    const mask = buckets.length - 1;
    buckets.fill(FREE);
    for (let row = 0; row < this.count; row++) {
      let bucket = hashOf(this.seriesOf(row), this.windowOf(row)) >>> this.shift;
      while (buckets[bucket] !== FREE) bucket = (bucket + 1) & mask;
      buckets[bucket] = row;
    }
  }
}

/** Multilinear hashing: the upper bits are good. */
function hashOf(series: number, window: number): number {
  const far = Math.floor(window / HALF);
  return (
    (Math.imul(series, BY_SERIES) +
      Math.imul(window | 0, BY_WINDOW) +
      Math.imul(far, BY_FAR_WINDOW)) |
    0
  );
}
