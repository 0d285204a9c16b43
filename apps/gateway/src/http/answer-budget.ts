import { TallyError } from '@tally/contracts';
import { ConnectionBudget, type Holder, type Room } from './connection-budget.js';

/** Bounds the memory of answers: each is paid for from before it is made until its reader has it. */
export class AnswerBudget {
  private readonly bytes: ConnectionBudget;

  /** `onRefused` is told of each answer for which there was no room. */
  constructor(
    maxBytes: number,
    private readonly onRefused: () => void = () => undefined,
  ) {
    this.bytes = new ConnectionBudget(maxBytes);
  }

  /** Bytes that answers hold now. */
  get usedBytes(): number {
    return this.bytes.usedBytes;
  }

  /**
   * TallyError `unavailable` when answers hold too much already: all together, or those of this
   * connection or its address. An answer larger than the share of a connection pays for the share.
   */
  reserve(bytes: number, connection: Holder): Room {
    const room = this.bytes.open(connection);
    if (room.take(Math.min(bytes, this.bytes.share))) return room;
    this.onRefused();
    throw new TallyError(
      'unavailable',
      'expected fewer answers that are being read: nothing was done, ask again later',
    );
  }
}
