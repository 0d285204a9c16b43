import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const SYSTEM_DIRS = ['/sbin', '/usr/sbin', '/bin', '/usr/bin'];

/** Runs a program of the system and waits for its end; its complaint is in the error. */
export function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: systemEnv() })
    .toString()
    .trim();
}

export function systemEnv(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
}

/** The first thing that is missing to mount a disk of our own; undefined when all is there. */
export function lacksForDisk(programs: readonly string[], devices: readonly string[]) {
  if (process.getuid?.() !== 0) return 'root, to mount a disk';
  return (
    devices.find((device) => !existsSync(device)) ??
    programs.find((program) => !SYSTEM_DIRS.some((dir) => existsSync(join(dir, program))))
  );
}
