import { TallyError } from '@tally/contracts';

/** Bounds the memory of request bodies: each is paid for before its first byte is read. */
export class BodyBudget {
  private used = 0;

  constructor(private readonly maxBytes: number) {}

  get usedBytes(): number {
    return this.used;
  }

  /** Call the returned function once, when the body is no longer needed. TallyError `unavailable`. */
  reserve(bytes: number): () => void {
    if (this.used > 0 && this.used + bytes > this.maxBytes)
      throw new TallyError(
        'unavailable',
        'expected fewer bytes in flight: nothing of this request was read, send it again later',
      );
    this.used += bytes;
    return () => {
      this.used -= bytes;
    };
  }
}
