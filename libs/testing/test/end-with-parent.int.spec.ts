import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { eventually } from '../src/index.js';

const root = join(import.meta.dirname, '../../..');
const dir = mkdtempSync(join(tmpdir(), 'tally-end-with-parent-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

it('a server ends when the Jest that started it is killed; a process that nobody watches does not', async () => {
  const jest = spawn('tools/jest', ['libs/testing', 'left', 'server', '--runInBand'], {
    cwd: root,
    env: { ...process.env, TALLY_TEST_DIR: dir },
    stdio: 'ignore',
  });
  const ended = once(jest, 'exit');
  const file = join(dir, 'pids');
  await eventually('the server runs', () => existsSync(file), { timeoutMs: 60_000 });
  const [server = 0, unwatched = 0] = JSON.parse(readFileSync(file, 'utf8')) as number[];
  try {
    expect([server, unwatched].map(isAlive)).toEqual([true, true]);
    jest.kill('SIGKILL');
    expect(await ended).toEqual([null, 'SIGKILL']);
    await eventually('the server ends', () => !isAlive(server));
    expect(isAlive(unwatched)).toBe(true);
  } finally {
    process.kill(unwatched, 'SIGKILL');
    jest.kill('SIGKILL');
  }
}, 90_000);
