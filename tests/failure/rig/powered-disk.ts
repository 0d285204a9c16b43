import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';

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
    if (process.getuid?.() !== 0) return 'root, to mount a disk image';
    if (!existsSync('/dev/loop-control')) return 'loop devices';
    for (const program of ['mkfs.ext4', 'mount', 'umount'])
      if (!['/sbin', '/usr/sbin', '/bin', '/usr/bin'].some((dir) => existsSync(join(dir, program))))
        return program;
    return undefined;
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

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  });
}
