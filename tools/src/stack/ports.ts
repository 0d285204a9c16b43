import { freePort, nextFreePort } from '@tally/testing';

/** Hands out ports, none twice. */
export class Ports {
  private readonly taken = new Set<number>();

  constructor(
    private readonly mode: 'usual' | 'any',
    private readonly report: (line: string) => void,
  ) {}

  /** The usual port of a part, or the next free one, which is said. */
  async claim(name: string, usual: number): Promise<number> {
    const port =
      this.mode === 'usual' ? await nextFreePort(usual, this.taken) : await freePort(this.taken);
    this.taken.add(port);
    if (this.mode === 'usual' && port !== usual) {
      this.report(`${name}: port ${usual} is taken, using ${port}`);
    }
    return port;
  }
}
