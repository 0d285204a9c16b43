import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync } from 'node:fs';
import type { Lock } from './file-system.js';

/** How flock(1) says that somebody else has the lock; apart from the codes of its own failures. */
const TAKEN = 75;

/**
 * One process at a time per folder, by a lock of the kernel on the folder itself: nothing is written
 * for it, every container of the machine meets it, and it ends with its process, however that ends.
 *
 * Node has no flock(2). The lock belongs to the open file and not to a process, so flock(1) takes it
 * on a file that is open here, and it stays when that program has ended.
 */
export class FolderLock implements Lock {
  private constructor(private readonly file: number) {}

  static take(folder: string): FolderLock {
    mkdirSync(folder, { recursive: true });
    const file = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      lock(folder, file);
      return new FolderLock(file);
    } catch (error) {
      closeSync(file);
      throw error;
    }
  }

  release(): void {
    closeSync(this.file);
  }
}

function lock(folder: string, file: number): void {
  const { status, error, stderr } = spawnSync(
    'flock',
    ['--exclusive', '--nonblock', '--conflict-exit-code', String(TAKEN), '3'],
    // The fourth is descriptor 3 there.
    { stdio: ['ignore', 'ignore', 'pipe', file], encoding: 'utf8' },
  );
  if (status === 0) return;
  if (status === TAKEN) throw new Error(`${folder} is used by another process; one at a time`);
  const reason = error?.message ?? stderr.trim();
  throw new Error(`${folder} cannot be locked by flock, a program of util-linux: ${reason}`);
}
