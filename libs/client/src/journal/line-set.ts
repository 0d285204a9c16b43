/** Numbers of lines from 1, both ends inclusive. */
export type LineRange = readonly [from: number, to: number];

/** A set of whole numbers, held as its ranges: disjoint, ascending, none touching the next. */
export class LineSet {
  private readonly list: [from: number, to: number][] = [];

  static of(ranges: readonly LineRange[]): LineSet {
    const set = new LineSet();
    for (const range of ranges) set.add(range);
    return set;
  }

  get ranges(): readonly LineRange[] {
    return this.list;
  }

  get isEmpty(): boolean {
    return this.list.length === 0;
  }

  get count(): number {
    return this.list.reduce((sum, [from, to]) => sum + to - from + 1, 0);
  }

  has(line: number): boolean {
    const range = this.list[this.firstEndingAt(line)];
    return range !== undefined && range[0] <= line;
  }

  add([from, to]: LineRange): void {
    // Ranges that touch the new one become one with it.
    const first = this.firstEndingAt(from - 1);
    let [last, start, end] = [first, from, to];
    for (let range = this.list[last]; range !== undefined && range[0] <= to + 1;) {
      start = Math.min(start, range[0]);
      end = Math.max(end, range[1]);
      last += 1;
      range = this.list[last];
    }
    this.list.splice(first, last - first, [start, end]);
  }

  remove([from, to]: LineRange): void {
    const first = this.firstEndingAt(from);
    const rest: [number, number][] = [];
    let last = first;
    for (let range = this.list[last]; range !== undefined && range[0] <= to;) {
      if (range[0] < from) rest.push([range[0], from - 1]);
      if (range[1] > to) rest.push([to + 1, range[1]]);
      last += 1;
      range = this.list[last];
    }
    this.list.splice(first, last - first, ...rest);
  }

  /** `1-1000, 2001` */
  toString(): string {
    return this.list.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
  }

  /** Index of the first range that ends at a line or behind it. */
  private firstEndingAt(line: number): number {
    let [low, high] = [0, this.list.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.list[middle]?.[1] ?? Infinity) < line) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
