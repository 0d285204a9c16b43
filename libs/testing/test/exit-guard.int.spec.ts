import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../../..');

it('a Jest that passes and does not end says in which project it was and what is open, and fails', async () => {
  const run = promisify(execFile)('tools/jest', ['libs/testing', 'left', 'open'], {
    cwd: root,
    env: { ...process.env, TALLY_JEST_EXIT_MS: '500' },
    timeout: 60_000,
  });
  const failure = (await run.catch((error: unknown) => error)) as {
    readonly code?: number;
    readonly stderr?: string;
  };
  expect(failure.code).toBe(1);
  expect(failure.stderr).toContain('1 passed');
  expect(failure.stderr).toContain('libs/testing (left): the tests are over since 2.5 s');
  expect(failure.stderr).toMatch(/process \d+: sleep 300/);
  expect(failure.stderr).toMatch(/server on 127\.0\.0\.1:\d+/);
  expect(failure.stderr).toMatch(/connection from port \d+ to 127\.0\.0\.1:\d+/);
  expect(failure.stderr).toMatch(/opened meanwhile: Timeout .*open\.left\.spec\.ts:\d+/);
}, 90_000);
