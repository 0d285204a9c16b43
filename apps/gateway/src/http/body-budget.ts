import { TallyError } from '@tally/contracts';
import { ByteBudget } from '@tally/resilience';

/** Bounds the memory of request bodies: each is paid for before its first byte is read. */
export class BodyBudget {
  private readonly bytes: ByteBudget;

  constructor(maxBytes: number) {
    this.bytes = new ByteBudget(maxBytes);
  }

  get usedBytes(): number {
    return this.bytes.bytesInUse;
  }

  /** Call the returned function when the body is no longer needed. TallyError `unavailable`. */
  reserve(bytes: number): () => void {
    const reservation = this.bytes.tryReserve(bytes);
    if (reservation === undefined)
      throw new TallyError(
        'unavailable',
        'expected fewer bytes in flight: nothing of this request was read, send it again later',
      );
    return () => reservation.release();
  }
}
