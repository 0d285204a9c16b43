/** How much of the budget one connection may have: a quarter. */
const CONNECTION_SHARE = 1 / 4;
/** And all connections of one address: enough for a balancer, which is one, and the rest for others. */
const ADDRESS_SHARE = 3 / 4;

/** Over what bytes come and go: a socket. */
export interface Holder {
  readonly remoteAddress?: string | undefined;
}

/** Bytes that are held over one connection until they are given back. */
export interface Room {
  /** Takes room for so many bytes more. False, and nothing is taken, where there is none. */
  take(bytes: number): boolean;
  /** Gives back what is more than so many bytes. */
  shrinkTo(bytes: number): void;
  /** Gives back all of it; calling it again does nothing. */
  release(): void;
}

/**
 * Bounds bytes in memory: those of all connections together, of each to its share, and of the
 * connections of one address to theirs. A connection holds at most as much as it leaves free, of all
 * and of its address, while others hold something: so the one who wants little always finds room,
 * whoever fills the rest, also behind the same balancer.
 */
export class ConnectionBudget {
  /** The most that one connection may hold, in bytes. */
  readonly share: number;
  private readonly addressShare: number;
  private used = 0;
  private readonly usedBy = new WeakMap<Holder, number>();
  private readonly usedByAddress = new Map<string, number>();

  /** `leastShare`: what a connection may always hold while nobody else holds anything. */
  constructor(
    private readonly maxBytes: number,
    leastShare = 0,
  ) {
    this.share = Math.max(Math.floor(maxBytes * CONNECTION_SHARE), leastShare);
    this.addressShare = Math.max(Math.floor(maxBytes * ADDRESS_SHARE), leastShare);
  }

  /** Bytes that are held now. */
  get usedBytes(): number {
    return this.used;
  }

  /** Room that is held over this connection; it takes nothing yet. */
  open(connection: Holder): Room {
    // A socket knows it no more when it is closed.
    const address = connection.remoteAddress ?? '';
    let held = 0;
    const hold = (now: number): void => {
      const more = now - held;
      held = now;
      this.used += more;
      this.usedBy.set(connection, this.usedOver(connection) + more);
      const ofAddress = this.usedFrom(address) + more;
      if (ofAddress === 0) this.usedByAddress.delete(address);
      else this.usedByAddress.set(address, ofAddress);
    };
    return {
      take: (bytes) => {
        const fits = this.fits(connection, address, bytes);
        if (fits) hold(held + bytes);
        return fits;
      },
      shrinkTo: (most) => hold(Math.min(held, most)),
      release: () => hold(0),
    };
  }

  private fits(connection: Holder, address: string, bytes: number): boolean {
    const before = this.usedOver(connection);
    const held = before + bytes;
    const leavesAsMuch = (used: number, bound: number) =>
      bound - used - bytes >= (used === before ? 0 : held);
    return (
      held <= this.share &&
      leavesAsMuch(this.used, this.maxBytes) &&
      leavesAsMuch(this.usedFrom(address), this.addressShare)
    );
  }

  private usedOver(connection: Holder): number {
    return this.usedBy.get(connection) ?? 0;
  }

  private usedFrom(address: string): number {
    return this.usedByAddress.get(address) ?? 0;
  }
}
