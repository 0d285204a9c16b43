import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCountingGateway } from './support/counting-gateway.js';

const ROOT = join(import.meta.dirname, '../../..');
/** The command and all that it needs, each as npm would publish it: nothing is asked of a registry. */
const PACKAGES = ['libs/cli', 'libs/client', 'node_modules/csv-parse'];

const run = promisify(execFile);
let dir: string;
let gateway: Awaited<ReturnType<typeof startCountingGateway>>;

beforeAll(async () => {
  gateway = await startCountingGateway();
  dir = mkdtempSync(join(tmpdir(), 'tally-packed-'));
  const folders = PACKAGES.map((folder) => join(ROOT, folder));
  const { stdout } = await run(
    'npm',
    ['pack', '--ignore-scripts', '--json', '--pack-destination', dir, ...folders],
    { cwd: dir, maxBuffer: 16 << 20 },
  );
  const tarballs = (JSON.parse(stdout) as { readonly filename: string }[]).map(({ filename }) =>
    join(dir, filename),
  );
  writeFileSync(join(dir, 'package.json'), '{"private":true}');
  await run(
    'npm',
    ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', ...tarballs],
    { cwd: dir },
  );
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  rmSync(dir, { recursive: true });
});

describe('the package', () => {
  it('is installed with npm alone, and its command imports a file', async () => {
    writeFileSync(join(dir, 'table.csv.gz'), gzipSync('Subject;Value\nsold;"1.000,5"\nsold;2\n'));
    const args = ['import', '--decimal-comma', '--gateway', gateway.url, 'table.csv.gz'];
    const env = { PATH: process.env['PATH'], TALLY_HOME: join(dir, 'home') };
    const tally = join(dir, 'node_modules/.bin/tally');
    const { stdout, stderr } = await run(tally, args, { cwd: dir, env });
    expect(stderr).toBe('table.csv.gz is read as CSV with semicolons between its cells\n');
    expect(stdout).toContain('3 lines, 2 events sent, 0 lines no event');
    expect([...gateway.counted.values()].map(({ value }) => value)).toEqual([1000.5, 2]);
    expect((await run(tally, args, { cwd: dir, env })).stdout).toContain('0 events sent');
  }, 60_000);
});
