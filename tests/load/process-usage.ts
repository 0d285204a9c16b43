import { readdirSync, readFileSync } from 'node:fs';

/** CLK_TCK of Linux on all machines that Node runs on: ticks a second in /proc/<pid>/stat (proc(5)). */
const TICK_MICROSECONDS = 10_000;

/** CPU time that a process and its descendants have used so far, in microseconds. */
export function cpuOf(pid: number): number {
  return treeOf(pid).reduce((sum, each) => sum + (statOf(each)?.cpu ?? 0), 0);
}

/** Most memory that the process itself ever held, in bytes. */
export function peakMemoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

/** Memory that the process itself holds now, in bytes. */
export function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

/** What a process holds now, in bytes; pages that others hold too are whole in the first and divided in the second. */
export interface HeldMemory {
  readonly rssBytes: number;
  readonly pssBytes: number;
}

/** Of a process and its descendants; PSS of those of other users is read by root alone. */
export function memoryHeldBy(pid: number): HeldMemory {
  const held = treeOf(pid).map((each) => {
    try {
      return memoryByShare(readFileSync(`/proc/${each}/smaps_rollup`, 'utf8'));
    } catch {
      return { rssBytes: 0, pssBytes: 0 };
    }
  });
  return {
    rssBytes: held.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
    pssBytes: held.reduce((sum, { pssBytes }) => sum + pssBytes, 0),
  };
}

/** Reads /proc/<pid>/smaps_rollup (proc(5)). */
export function memoryByShare(rollup: string): HeldMemory {
  const bytes = (field: RegExp) => Number(field.exec(rollup)?.[1] ?? 0) * 1024;
  return { rssBytes: bytes(/^Rss:\s+(\d+) kB$/m), pssBytes: bytes(/^Pss:\s+(\d+) kB$/m) };
}

/** The process and all that descend from it. */
function treeOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = statOf(Number(name))?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** Its own time and that of children that ended; undefined when it is gone. */
function statOf(pid: number): { readonly parent: number; readonly cpu: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0);
    return { parent: Number(fields[1]), cpu: ticks * TICK_MICROSECONDS };
  } catch {
    return undefined;
  }
}
