import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTicksOf } from './start-ticks.js';

/** Who holds a lock: a process id is used again, this pair is not until the next boot. */
interface Owner {
  readonly pid: number;
  /** Kernel start time of the process, in clock ticks since boot. */
  readonly startTicks: string;
  readonly bootId: string;
  readonly id: string;
}

const LOCK = /^lock-(\d{1,15})$/;
/** Each try meets another process that took the folder in between. */
const TRIES = 5;

/** Ids of the locks that this process holds. */
const held = new Set<string>();

/**
 * One process at a time per folder. `lock-<generation>` names its owner; the highest generation
 * counts. It is made by `link`, which fails when it is there, and only when the owner of the
 * generation before is dead; the highest is never removed, so that a slow one cannot make it again.
 * Nothing has to be tidied after kill -9: a dead process holds no lock.
 */
export class FolderLock {
  private constructor(private readonly id: string) {}

  /** Throws when another process, or this one, holds the folder. */
  static take(folder: string): FolderLock {
    mkdirSync(folder, { recursive: true });
    const id = randomUUID();
    const claim = join(folder, `claim-${id}`);
    const owner: Owner = {
      pid: process.pid,
      startTicks: startTicksOf(process.pid) ?? '',
      bootId: bootId(),
      id,
    };
    writeFileSync(claim, JSON.stringify(owner));
    try {
      for (let attempt = 0; attempt < TRIES; attempt++) {
        const highest = generations(folder).at(-1) ?? 0;
        assertFree(folder, highest);
        if (link(claim, lockFile(folder, highest + 1))) {
          if (generations(folder).at(-1) !== highest + 1) {
            rmSync(lockFile(folder, highest + 1), { force: true });
            continue;
          }
          removeBelow(folder, highest + 1);
          held.add(id);
          return new FolderLock(id);
        }
      }
      throw new Error(`${folder}: other processes take it again and again`);
    } finally {
      rmSync(claim, { force: true });
    }
  }

  /** Others may take the folder from now on. */
  release(): void {
    held.delete(this.id);
  }
}

function assertFree(folder: string, generation: number): void {
  const owner = ownerOf(lockFile(folder, generation));
  if (owner === undefined) return;
  const isOurs = owner.pid === process.pid && owner.startTicks === startTicksOf(process.pid);
  const isAlive = isOurs
    ? held.has(owner.id)
    : owner.bootId === bootId() && startTicksOf(owner.pid) === owner.startTicks;
  if (isAlive) throw new Error(`${folder} is used by process ${owner.pid}; one at a time`);
}

/** undefined: there is none, or a power cut has emptied the file, whose owner is then gone too. */
function ownerOf(file: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function generations(folder: string): number[] {
  return readdirSync(folder)
    .flatMap((name) => LOCK.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b);
}

function removeBelow(folder: string, generation: number): void {
  for (const older of generations(folder).filter((number) => number < generation)) {
    rmSync(lockFile(folder, older), { force: true });
  }
}

function lockFile(folder: string, generation: number): string {
  return join(folder, `lock-${generation}`);
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
