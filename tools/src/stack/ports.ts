import { freePort, nextFreePort } from '@tally/testing';

/** Hands out ports. None is given twice, to this stack or to another one, while this process lives. */
export class Ports {
  constructor(
    private readonly mode: 'usual' | 'any',
    private readonly report: (line: string) => void,
  ) {}

  /** The usual port of a part, or the next free one, which is said. */
  async claim(name: string, usual: number): Promise<number> {
    if (this.mode === 'any') return freePort();
    const port = await nextFreePort(usual);
    if (port !== usual) this.report(`${name}: port ${usual} is taken, using ${port}`);
    return port;
  }
}
