/** Room for bytes that was promised. */
export interface Reservation {
  /** Gives the room back; calling it again does nothing. */
  release(): void;
}

interface Waiting {
  readonly bytes: number;
  readonly grant: (reservation: Reservation) => void;
}

/**
 * Bounds how many bytes are held at once. Who finds no room may wait in line; nobody overtakes, so a
 * large request is not starved by small ones. What is larger than the whole budget gets all of it.
 */
export class ByteBudget {
  private used = 0;
  private readonly line: Waiting[] = [];

  /** `capacity` in bytes; `onWait` is told of each request that has to wait. */
  constructor(
    private readonly capacity: number,
    private readonly onWait: () => void = () => undefined,
  ) {}

  /** Bytes that are held now. */
  get bytesInUse(): number {
    return this.used;
  }

  /** Undefined when there is no room now, or when others wait for it. */
  tryReserve(bytes: number): Reservation | undefined {
    const wanted = Math.min(bytes, this.capacity);
    return this.line.length === 0 && this.fits(wanted) ? this.take(wanted) : undefined;
  }

  /** Waits until there is room. */
  reserve(bytes: number): Promise<Reservation> {
    const wanted = Math.min(bytes, this.capacity);
    return new Promise((grant) => {
      this.line.push({ bytes: wanted, grant });
      this.serveLine();
      if (this.line.length > 0) this.onWait();
    });
  }

  private serveLine(): void {
    for (let next = this.line[0]; next !== undefined; next = this.line[0]) {
      if (!this.fits(next.bytes)) return;
      this.line.shift();
      next.grant(this.take(next.bytes));
    }
  }

  private fits(bytes: number): boolean {
    return this.used + bytes <= this.capacity;
  }

  private take(bytes: number): Reservation {
    this.used += bytes;
    let held = true;
    return {
      release: () => {
        if (!held) return;
        held = false;
        this.used -= bytes;
        this.serveLine();
      },
    };
  }
}
