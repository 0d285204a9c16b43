interface Due {
  readonly atMs: number;
  readonly sequence: number;
  readonly happen: () => void;
}

/** Time that passes only when something happens: everything due, in order, as fast as it can be done. */
export class VirtualTime {
  private readonly heap: Due[] = [];
  private sequence = 0;
  private current: number;

  constructor(startMs: number) {
    this.current = startMs;
  }

  get nowMs(): number {
    return this.current;
  }

  /** What is due at one instant happens in the order in which it was asked for. */
  after(delayMs: number, happen: () => void): void {
    this.push({ atMs: this.current + Math.max(0, delayMs), sequence: this.sequence++, happen });
  }

  /** Lets the next thing happen; false when nothing is due until then. */
  step(untilMs: number): boolean {
    const [next] = this.heap;
    if (next === undefined || next.atMs > untilMs) {
      this.current = Math.max(this.current, untilMs);
      return false;
    }
    this.pop();
    this.current = next.atMs;
    next.happen();
    return true;
  }

  private push(due: Due): void {
    const { heap } = this;
    heap.push(due);
    for (let at = heap.length - 1; at > 0;) {
      const above = (at - 1) >> 1;
      if (!this.isBefore(at, above)) return;
      this.swap(at, above);
      at = above;
    }
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let first = at;
      if (left < heap.length && this.isBefore(left, first)) first = left;
      if (right < heap.length && this.isBefore(right, first)) first = right;
      if (first === at) return;
      this.swap(at, first);
      at = first;
    }
  }

  private isBefore(one: number, other: number): boolean {
    const a = this.heap[one];
    const b = this.heap[other];
    if (a === undefined || b === undefined) return false;
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);
  }

  private swap(one: number, other: number): void {
    const { heap } = this;
    const [a, b] = [heap[one], heap[other]];
    if (a === undefined || b === undefined) return;
    heap[one] = b;
    heap[other] = a;
  }
}
