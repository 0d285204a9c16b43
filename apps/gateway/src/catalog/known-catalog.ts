import { SECOND_MS } from '@tally/contracts';

/** By then every partitioner knows by itself what was put here. */
const KEPT_MS = 10 * SECOND_MS;

/**
 * How far the catalogue goes for all that is known in this process. Events that come behind a PUT have
 * to know what it put, whichever partitioner takes them; later they do in any case.
 */
export class KnownCatalog {
  private last = 0n;
  private learntAtMs = Number.NEGATIVE_INFINITY;

  /** @param now ms, monotonic. */
  constructor(private readonly now: () => number) {}

  /** What blocks of events have to know that come now; 0n: nothing of ours. */
  get position(): bigint {
    return this.now() - this.learntAtMs < KEPT_MS ? this.last : 0n;
  }

  /** Something was put, and is durable. */
  learn(position: bigint): void {
    const known = this.position;
    this.last = position > known ? position : known;
    this.learntAtMs = this.now();
  }
}
