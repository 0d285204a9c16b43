import { TallyError } from '@tally/contracts';

/** How much of the budget one connection may have: a quarter. */
const SHARES = 4;

/** Room that an answer has until it is written. */
export interface AnswerRoom {
  /** Gives back what is more than so many bytes. */
  shrinkTo(bytes: number): void;
  /** Gives back all of it; calling it again does nothing. */
  release(): void;
}

/** Bounds the memory of answers: each is paid for from before it is made until its reader has it. */
export class AnswerBudget {
  private used = 0;
  private readonly usedBy = new WeakMap<object, number>();

  /** `onRefused` is told of each answer for which there was no room. */
  constructor(
    private readonly maxBytes: number,
    private readonly onRefused: () => void = () => undefined,
  ) {}

  /** Bytes that answers hold now. */
  get usedBytes(): number {
    return this.used;
  }

  /**
   * TallyError `unavailable` when answers hold too much already: all together, or those of this
   * connection. An answer larger than the share of a connection pays for the share.
   */
  reserve(bytes: number, connection: object): AnswerRoom {
    const share = Math.floor(this.maxBytes / SHARES);
    const wanted = Math.min(bytes, share);
    const own = this.usedBy.get(connection) ?? 0;
    if (this.used + wanted > this.maxBytes || own + wanted > share) {
      this.onRefused();
      throw new TallyError(
        'unavailable',
        'expected fewer answers that are being read: nothing was done, ask again later',
      );
    }
    let held = 0;
    const hold = (now: number): void => {
      this.used += now - held;
      this.usedBy.set(connection, (this.usedBy.get(connection) ?? 0) + now - held);
      held = now;
    };
    hold(wanted);
    return {
      shrinkTo: (most) => hold(Math.min(held, most)),
      release: () => hold(0),
    };
  }
}
