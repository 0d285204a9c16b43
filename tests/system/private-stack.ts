import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack, type Addresses } from '@tally/tools';

export interface PrivateStack {
  readonly stack: Stack;
  readonly addresses: Addresses;
  readonly dir: string;
  /** What the stack reported, line by line. */
  readonly lines: readonly string[];
  stop(): Promise<void>;
}

/** All of Tally, bundled, on ports and data of its own. */
export async function startPrivateStack(
  env: Readonly<Record<string, string>> = {},
): Promise<PrivateStack> {
  const dir = mkdtempSync(join(tmpdir(), 'tally-system-'));
  const lines: string[] = [];
  const report = (line: string) => void lines.push(line);
  const { stack, addresses } = await Stack.start({ dir, ports: 'any', env, report });
  const stop = async () => {
    await stack.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  return { stack, addresses, dir, lines, stop };
}
