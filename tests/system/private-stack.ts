import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, TlsFiles } from '@tally/service-kit';
import { Secrets, Stack, type Addresses } from '@tally/tools';
import { readZooKeeperAuth, ZooKeeperSession } from '@tally/zookeeper';

/** `1`: every stack that can be closed is closed, so that all these tests are seen in both ways. */
const IS_SECURE = process.env['TALLY_TEST_SECURE'] === '1';
const SILENCE = { write: () => undefined };
const logger = createLogger('tests', { instance: 'tests', logLevel: 'error' }, SILENCE);

export interface PrivateStack {
  readonly stack: Stack;
  readonly addresses: Addresses;
  readonly dir: string;
  /** What a secure one asks for; undefined: it is open. */
  readonly secrets: Secrets | undefined;
  /** The key of its public API; empty: it asks for none. */
  readonly apiKey: string;
  /** What the stack reported, line by line. */
  readonly lines: readonly string[];
  /** A request of the public API, with its key. `path`: from `/` on. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** A session that ZooKeeper takes for one of the stack's own. */
  openZooKeeper(): ZooKeeperSession;
  /** What this app shows to the others; undefined: nobody asks. */
  tlsOf(app: string): Promise<TlsFiles | undefined>;
  stop(): Promise<void>;
}

/** All of Tally, bundled, on ports and data of its own. */
export async function startPrivateStack(
  env: Readonly<Record<string, string>> = {},
  { secure = IS_SECURE }: { readonly secure?: boolean } = {},
): Promise<PrivateStack> {
  const dir = mkdtempSync(join(tmpdir(), 'tally-system-'));
  const lines: string[] = [];
  const report = (line: string) => void lines.push(line);
  const secretsDir = secure ? join(dir, 'secrets') : undefined;
  const secrets = secretsDir === undefined ? undefined : new Secrets(secretsDir);
  const { stack, addresses } = await Stack.start({ dir, ports: 'any', secretsDir, env, report });
  const apiKey = secrets?.passwordOf('api-key') ?? env['TALLY_API_KEY'] ?? '';
  return {
    stack,
    addresses,
    dir,
    secrets,
    apiKey,
    lines,
    ask: (path, init) => {
      const headers = new Headers(init?.headers);
      if (apiKey !== '') headers.set('authorization', `Bearer ${apiKey}`);
      return fetch(`${addresses.gateway}${path}`, { ...init, headers });
    },
    openZooKeeper: () => {
      const auth = readZooKeeperAuth(addresses.tools?.['TALLY_ZOOKEEPER_AUTH_FILE'] ?? '');
      return new ZooKeeperSession({ connect: addresses.zookeeper, logger, auth }).start();
    },
    tlsOf: async (app) => {
      if (secrets === undefined) return undefined;
      const { cert: certFile, key: keyFile, ca: caFile } = secrets.certificates.of(app);
      return TlsFiles.open({ certFile, keyFile, caFile }, logger);
    },
    stop: async () => {
      await stack.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
