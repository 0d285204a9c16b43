import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { lacksForDisk, run } from './programs.js';

const SIZE_MIB = 512;

/**
 * A disk that can lose power: ext4 in an image file, mounted through a loop device. The image holds
 * what the disk was told to keep; what only the page cache of the mounted file system has is not in
 * it. SIGKILL cannot show this: the page cache survives every process.
 */
export class PoweredDisk {
  /** Where the disk is mounted. */
  readonly folder: string;
  private readonly image: string;

  private constructor(dir: string) {
    this.folder = join(dir, 'disk');
    this.image = join(dir, 'disk.img');
  }

  /** Why there can be none on this machine; undefined when there can. */
  static lacks(): string | undefined {
    return lacksForDisk(['mkfs.ext4', 'mount', 'umount'], ['/dev/loop-control']);
  }

  static create(dir: string): PoweredDisk {
    const disk = new PoweredDisk(dir);
    mkdirSync(disk.folder);
    run('truncate', '--size', `${SIZE_MIB}M`, disk.image);
    run('mkfs.ext4', '-q', '-F', disk.image);
    disk.mount();
    return disk;
  }

  /** Nothing may write meanwhile: stop who does. Returns the disk as a power cut now would leave it. */
  snapshot(): string {
    const image = `${this.image}.cut`;
    run('cp', '--sparse=always', this.image, image);
    return image;
  }

  /** Puts the disk as it was at the power cut in place of the one that went on. */
  restore(image: string): void {
    run('umount', this.folder);
    renameSync(image, this.image);
    this.mount();
  }

  remove(): void {
    run('umount', this.folder);
  }

  private mount(): void {
    // The file system writes back late by itself: only what was synced is sure to be there.
    run('mount', '-o', 'loop,commit=30', this.image, this.folder);
  }
}
