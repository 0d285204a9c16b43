import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secrets, Stack, type Addresses } from '@tally/tools';

export interface PrivateStack {
  readonly stack: Stack;
  readonly addresses: Addresses;
  readonly dir: string;
  /** What a secure one asks for; undefined: it is open. */
  readonly secrets: Secrets | undefined;
  /** What the stack reported, line by line. */
  readonly lines: readonly string[];
  stop(): Promise<void>;
}

/** All of Tally, bundled, on ports and data of its own. */
export async function startPrivateStack(
  env: Readonly<Record<string, string>> = {},
  { secure = false }: { readonly secure?: boolean } = {},
): Promise<PrivateStack> {
  const dir = mkdtempSync(join(tmpdir(), 'tally-system-'));
  const lines: string[] = [];
  const report = (line: string) => void lines.push(line);
  const secretsDir = secure ? join(dir, 'secrets') : undefined;
  const secrets = secretsDir === undefined ? undefined : new Secrets(secretsDir);
  const { stack, addresses } = await Stack.start({ dir, ports: 'any', secretsDir, env, report });
  const stop = async () => {
    await stack.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  return { stack, addresses, dir, secrets, lines, stop };
}
