import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../../..');

it('a test that leaves so many listeners behind that Node warns of them fails, whatever it expects', () => {
  const args = ['libs/testing', 'left', '--testPathPatterns', 'listeners'];
  const guarded = spawnSync('tools/jest', args, { cwd: root, encoding: 'utf8', timeout: 60_000 });
  expect(guarded.stderr).toContain('MaxListenersExceededWarning');
  expect(guarded.status).not.toBe(0);
}, 90_000);
