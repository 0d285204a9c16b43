/** How much of the budget one connection may have: a quarter. */
const SHARES = 4;

/** Room that a body has until its request is answered. */
export interface BodyRoom {
  /**
   * Takes room for bytes that arrived. False, and nothing is taken, when bodies hold too much already:
   * all together, or those of this connection.
   */
  take(bytes: number): boolean;
  /** Gives back all of it; calling it again does nothing. */
  release(): void;
}

/**
 * Bounds the memory of request bodies: they are paid for byte by byte as they arrive. A length that
 * is announced costs nothing, so that nobody keeps others out who sends nothing.
 */
export class BodyBudget {
  private used = 0;
  private readonly usedBy = new WeakMap<object, number>();
  private readonly share: number;

  /** `maxBodyBytes` is the longest body of all: a connection may always have one. */
  constructor(
    private readonly maxBytes: number,
    maxBodyBytes: number,
  ) {
    this.share = Math.max(Math.floor(maxBytes / SHARES), maxBodyBytes);
  }

  /** Bytes of bodies that are held now. */
  get usedBytes(): number {
    return this.used;
  }

  /** Room for one body that comes over this connection; it takes nothing yet. */
  open(connection: object): BodyRoom {
    let held = 0;
    const hold = (more: number): void => {
      held += more;
      this.used += more;
      this.usedBy.set(connection, (this.usedBy.get(connection) ?? 0) + more);
    };
    return {
      take: (bytes) => {
        const own = this.usedBy.get(connection) ?? 0;
        const fits = this.used + bytes <= this.maxBytes && own + bytes <= this.share;
        if (fits) hold(bytes);
        return fits;
      },
      release: () => hold(-held),
    };
  }
}
