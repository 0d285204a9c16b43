import { appendFileSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lacksForDisk, run } from './programs.js';

/** A disk with little room: a tmpfs of its own. */
export class SmallDisk {
  private constructor(
    readonly folder: string,
    private readonly filler: string,
  ) {}

  static lacks(): string | undefined {
    return lacksForDisk(['mount', 'umount'], []);
  }

  /** `fillerMib` of its `sizeMib` are taken until `makeRoom`. */
  static create(dir: string, sizeMib: number, fillerMib: number): SmallDisk {
    const folder = join(dir, 'disk');
    mkdirSync(folder);
    run('mount', '-t', 'tmpfs', '-o', `size=${sizeMib}m`, 'tmpfs', folder);
    const filler = join(folder, 'filler');
    writeFileSync(filler, Buffer.alloc(fillerMib << 20));
    return new SmallDisk(folder, filler);
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.folder);
    return bavail * bsize;
  }

  /** Takes what is left, to the last byte. */
  fillUp(): void {
    for (let { freeBytes } = this; freeBytes > 0; { freeBytes } = this)
      appendFileSync(this.filler, Buffer.alloc(freeBytes));
  }

  makeRoom(): void {
    rmSync(this.filler);
  }

  remove(): void {
    run('umount', this.folder);
  }
}
