/** Room for bytes that was promised; given back once. */
export interface Reservation {
  release(): void;
}

interface Waiting {
  readonly bytes: number;
  readonly grant: (reservation: Reservation) => void;
}

/**
 * Bounds how many bytes are held at once. Who finds no room waits in line; nobody overtakes, so a
 * large request is not starved by small ones. What is larger than the whole budget gets all of it.
 */
export class ByteBudget {
  private used = 0;
  private readonly line: Waiting[] = [];

  constructor(
    private readonly capacity: number,
    private readonly onWait: () => void = () => undefined,
  ) {}

  get bytesInUse(): number {
    return this.used;
  }

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
      if (this.used + next.bytes > this.capacity) return;
      this.line.shift();
      this.used += next.bytes;
      next.grant(this.reservation(next.bytes));
    }
  }

  private reservation(bytes: number): Reservation {
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
