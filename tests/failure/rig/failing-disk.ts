import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { lacksForDisk, run, systemEnv } from './programs.js';
import { until } from './until.js';

const SIZE_MIB = 256;

/**
 * A disk whose writes fail when it is told so, below a real file system and a real kernel: nbdkit
 * holds the blocks and fails writes while a file is there, nbdfuse shows them as a file, a loop
 * device makes a disk of it. ext4 without a journal: with one, the first failure would make the file
 * system read-only, and a second fsync could not hide what the first one lost.
 */
export class FailingDisk {
  /** Where the disk is mounted. */
  readonly folder: string;
  private readonly trigger: string;
  private readonly blocks: string;
  private readonly socket: string;
  private readonly servers: ReturnType<typeof spawn>[] = [];
  private device: string | undefined;

  private constructor(private readonly dir: string) {
    this.folder = join(dir, 'disk');
    this.trigger = join(dir, 'fail');
    this.blocks = join(dir, 'blocks');
    this.socket = join(dir, 'nbd.sock');
  }

  /** Why there can be none on this machine; undefined when there can. */
  static lacks(): string | undefined {
    return lacksForDisk(
      ['nbdkit', 'nbdfuse', 'fusermount3', 'losetup', 'mkfs.ext4', 'mount', 'umount'],
      ['/dev/loop-control', '/dev/fuse'],
    );
  }

  static async create(dir: string): Promise<FailingDisk> {
    const disk = new FailingDisk(dir);
    mkdirSync(disk.folder);
    writeFileSync(disk.blocks, '');
    try {
      await disk.assemble();
    } catch (error) {
      try {
        disk.remove();
      } catch {
        // Why it could not be put together is what matters.
      }
      throw error;
    }
    return disk;
  }

  /** From now on no block reaches the disk. */
  fail(): void {
    writeFileSync(this.trigger, '');
  }

  /** The disk takes blocks again, and what only memory had is forgotten. */
  healAndForget(): void {
    rmSync(this.trigger, { force: true });
    run('umount', this.folder);
    this.mount();
  }

  /** Nobody may use it any more. Also takes apart what was put together in part. */
  remove(): void {
    rmSync(this.trigger, { force: true });
    const steps = [
      () => run('umount', this.folder),
      () => this.device === undefined || run('losetup', '--detach', this.device),
      // nbdfuse ends with its mount.
      () => run('fusermount3', '-u', '-z', this.blocks),
    ];
    const failures = steps.flatMap((step) => {
      try {
        step();
        return [];
      } catch (error) {
        return [error];
      }
    });
    for (const { pid } of this.servers) if (pid !== undefined) endIfRunning(pid);
    if (failures.length > 0) throw new AggregateError(failures, 'the disk cannot be taken apart');
  }

  private async assemble(): Promise<void> {
    const error = [
      'error-pwrite=EIO',
      'error-pwrite-rate=100%',
      `error-pwrite-file=${this.trigger}`,
    ];
    this.spawn(
      'nbdkit',
      '-f',
      '-U',
      this.socket,
      '--filter=error',
      'memory',
      `${SIZE_MIB}M`,
      ...error,
    );
    await until('nbdkit listens', () => existsSync(this.socket));
    this.spawn('nbdfuse', this.blocks, '--unix', this.socket);
    await until('nbdfuse shows the blocks', () => statSync(this.blocks).size > 0);
    this.device = run('losetup', '--find', '--show', this.blocks);
    run('mkfs.ext4', '-q', '-O', '^has_journal', this.device);
    this.mount();
  }

  private spawn(command: string, ...args: string[]): void {
    const log = openSync(join(this.dir, `${command}.log`), 'a');
    const server = spawn(command, args, { stdio: ['ignore', log, log], env: systemEnv() });
    closeSync(log);
    this.servers.push(server);
  }

  private mount(): void {
    if (this.device === undefined) throw new Error('there is no disk to mount');
    run('mount', '-o', 'errors=continue', this.device, this.folder);
  }
}

function endIfRunning(pid: number): void {
  try {
    process.kill(pid);
  } catch {
    // It has ended by itself.
  }
}
