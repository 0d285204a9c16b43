import { readFileSync } from 'node:fs';

/**
 * When a process began, in clock ticks since boot: field 22 of /proc/<pid>/stat (proc(5)). A process id
 * is used again, the pair of both is not. undefined when there is no such process or only its zombie.
 */
export function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
