import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { startTicksOf } from '@tally/segment-log';
import { eventually } from '@tally/testing';

interface Entry {
  readonly name: string;
  readonly pid: number;
  /** Kernel start time of the process, in clock ticks since boot: pids are used again, this pair is not. */
  readonly startTicks: string;
}

/**
 * The processes that a stack started, in a file that outlives it: when the stack itself was killed,
 * the next one ends exactly these and no others.
 */
export class StartedProcesses {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly file: string) {}

  record(name: string, pid: number | undefined): void {
    const startTicks = pid === undefined ? undefined : startTicksOf(pid);
    if (pid === undefined || startTicks === undefined) this.entries.delete(name);
    else this.entries.set(name, { name, pid, startTicks });
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(`${this.file}.new`, JSON.stringify([...this.entries.values()]));
    renameSync(`${this.file}.new`, this.file);
  }

  /** Ends what an earlier stack left running; returns the names. */
  async endLeftovers(): Promise<string[]> {
    if (!existsSync(this.file)) return [];
    const recorded = JSON.parse(readFileSync(this.file, 'utf8')) as Entry[];
    const left = recorded.filter(({ pid, startTicks }) => startTicksOf(pid) === startTicks);
    // Services first: what they use must outlive them.
    for (const entry of left.toReversed()) await end(entry);
    writeFileSync(this.file, '[]');
    return left.map(({ name }) => name);
  }
}

async function end({ name, pid, startTicks }: Entry): Promise<void> {
  const gone = () => startTicksOf(pid) !== startTicks;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    try {
      process.kill(pid, signal);
      await eventually(`${name} (process ${pid}) ends`, gone, { timeoutMs: 10_000 });
      return;
    } catch {
      if (gone()) return;
    }
  }
  throw new Error(`${name} (process ${pid}), left by an earlier run, does not end`);
}
