import { cpSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lacksForDisk, run } from './programs.js';

const SIZE_MIB = 8;

/** A folder that can be read and no longer written to, though by root: something is mounted over it. */
export class SpoiltFolder {
  private constructor(private readonly folder: string) {}

  static lacks(): string | undefined {
    return lacksForDisk(['mount', 'umount'], []);
  }

  /** It keeps what is in it. */
  static spoil(folder: string, how: 'full' | 'read-only'): SpoiltFolder {
    if (how === 'read-only') {
      run('mount', '--bind', folder, folder);
      run('mount', '-o', 'remount,bind,ro', folder);
      return new SpoiltFolder(folder);
    }
    const kept = mkdtempSync(join(tmpdir(), 'tally-kept-'));
    cpSync(folder, kept, { recursive: true });
    run('mount', '-t', 'tmpfs', '-o', `size=${SIZE_MIB}m`, 'tmpfs', folder);
    cpSync(kept, folder, { recursive: true });
    rmSync(kept, { recursive: true });
    const { bavail, bsize } = statfsSync(folder);
    writeFileSync(join(folder, 'filler'), Buffer.alloc(bavail * bsize));
    return new SpoiltFolder(folder);
  }

  /** It has again what it had before, whoever reads in it now. */
  restore(): void {
    run('umount', '--lazy', this.folder);
  }
}
