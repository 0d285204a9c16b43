import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ROOT } from './stack/index.js';

const dir = mkdtempSync(join(tmpdir(), 'tally-engines-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function check(engines: Readonly<Record<string, string>> | undefined) {
  const lock = join(dir, 'package-lock.json');
  const packages = {
    'node_modules/fine': { version: '1.0.0' },
    one: { version: '2.0.0', engines },
  };
  writeFileSync(lock, JSON.stringify({ packages }));
  const script = join(ROOT, 'tools/check-engines.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, lock], { encoding: 'utf8' });
  return { status, stderr };
}

describe('a package of the lock', () => {
  it.each([undefined, { npm: '>=11' }, { node: '>=18' }, { node: '^18.18 || ^20.9 || >=22' }])(
    'that runs on the Node we promise is taken: %j',
    (engines) => {
      expect(check(engines)).toEqual({ status: 0, stderr: '' });
    },
  );

  it.each(['>=22', '>=20.19.1', '^20.20 || >=22'])('that wants Node %s is refused', (node) => {
    const { status, stderr } = check({ node });
    expect(status).toBe(1);
    expect(stderr).toContain(`Node 20.19.0, got:\n  one 2.0.0 wants Node ${node}\n`);
  });
});
