import type { Batch } from '../sending/send-batch.js';
import { LineSet, type LineRange } from './line-set.js';

/** Half of what the gateway takes in one body. */
const MAX_BODY_BYTES = 4 << 20;

/** Events that are sent together, and the lines of the input that they settle: what a journal notes. */
export class LineBatch implements Batch {
  readonly events: string[] = [];
  private readonly numbers: number[] = [];
  private readonly settled = new LineSet();
  private bytes = 0;
  private last = '';
  /** When a line of it was sent at first, if one is in doubt: ms since 1970. */
  doubtSince: number | undefined;

  /** Whether there is room for one more event; there always is for the first. */
  hasRoomFor(json: string, maxEvents: number): boolean {
    const { length } = this.events;
    return length === 0 || (length < maxEvents && this.bytes + json.length <= MAX_BODY_BYTES);
  }

  /** `lines`: its own, the last of them, and those before it that say no event. */
  add(json: string, id: string, lines: LineRange, doubtSince: number | undefined): void {
    this.events.push(json);
    this.numbers.push(lines[1]);
    this.settled.add(lines);
    this.bytes += json.length;
    this.last = id;
    if (doubtSince !== undefined)
      this.doubtSince = Math.min(doubtSince, this.doubtSince ?? doubtSince);
  }

  get lines(): readonly LineRange[] {
    return this.settled.ranges;
  }

  get lineNumbers(): string {
    return this.settled.toString();
  }

  /** Id of the last line. */
  get mark(): string {
    return this.last;
  }

  /** Line of the event at an index from 0. */
  lineOf(index: number): number {
    const line = this.numbers[index];
    if (line === undefined)
      throw new RangeError(`expected one of ${this.numbers.length} events, got ${index}`);
    return line;
  }
}
