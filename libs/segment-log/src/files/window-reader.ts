import type { LogFile } from './file-system.js';
import { readUpToDamage } from './read-up-to-damage.js';

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Reads a file forward in large steps and hands out views of them. What the disk cannot read is as if
 * the file ended there.
 */
export class WindowReader {
  private window: Buffer = NOTHING;
  private start = 0;

  constructor(
    private readonly file: LogFile,
    private readonly fileBytes: number,
    private readonly windowBytes: number,
  ) {}

  /** The bytes from `position` on: at least `length`, or all there are. */
  async at(position: number, length: number): Promise<Buffer> {
    const wanted = Math.min(length, this.fileBytes - position);
    const isHere = position >= this.start && position + wanted <= this.start + this.window.length;
    if (!isHere) {
      const bytes = Math.min(Math.max(wanted, this.windowBytes), this.fileBytes - position);
      this.window = await this.read(position, bytes);
      // The bad part may lie in what was asked for beyond that.
      if (this.window.length < wanted) this.window = await this.read(position, wanted);
      this.start = position;
    }
    return this.window.subarray(position - this.start);
  }

  private async read(position: number, bytes: number): Promise<Buffer> {
    const window = Buffer.allocUnsafe(bytes);
    return window.subarray(0, await readUpToDamage(this.file, window, position));
  }
}
