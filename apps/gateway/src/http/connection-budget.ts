/** How much of the budget one connection may have: a quarter. */
const SHARES = 4;

/** Bytes that are held over one connection until they are given back. */
export interface Room {
  /** Takes room for so many bytes more. False, and nothing is taken, where there is none. */
  take(bytes: number): boolean;
  /** Gives back what is more than so many bytes. */
  shrinkTo(bytes: number): void;
  /** Gives back all of it; calling it again does nothing. */
  release(): void;
}

/** Bounds bytes in memory: those of all connections together, and of each to its share. */
export class ConnectionBudget {
  /** The most that one connection may hold, in bytes. */
  readonly share: number;
  private used = 0;
  private readonly usedBy = new WeakMap<object, number>();

  /** `leastShare`: what a connection may always hold while there is room. */
  constructor(
    private readonly maxBytes: number,
    leastShare = 0,
  ) {
    this.share = Math.max(Math.floor(maxBytes / SHARES), leastShare);
  }

  /** Bytes that are held now. */
  get usedBytes(): number {
    return this.used;
  }

  /** Room that is held over this connection; it takes nothing yet. */
  open(connection: object): Room {
    let held = 0;
    const hold = (now: number): void => {
      this.used += now - held;
      this.usedBy.set(connection, this.usedOver(connection) + now - held);
      held = now;
    };
    return {
      take: (bytes) => {
        const fits =
          this.used + bytes <= this.maxBytes && this.usedOver(connection) + bytes <= this.share;
        if (fits) hold(held + bytes);
        return fits;
      },
      shrinkTo: (most) => hold(Math.min(held, most)),
      release: () => hold(0),
    };
  }

  private usedOver(connection: object): number {
    return this.usedBy.get(connection) ?? 0;
  }
}
