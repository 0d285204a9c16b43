import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ROOT } from './stack/index.js';

const clone = mkdtempSync(join(tmpdir(), 'tally-built-'));
afterAll(() => rmSync(clone, { recursive: true, force: true }));

const PROJECTS = ['apps/part', 'libs/whole', 'tools', 'tests'];
const BEFORE = new Date('2026-01-01');
const BUILT = new Date('2026-02-01');

/** A clone whose files are all older than the mark of its last build. */
beforeEach(() => {
  rmSync(clone, { recursive: true, force: true });
  for (const project of PROJECTS) {
    mkdirSync(join(clone, project, 'dist'), { recursive: true });
    mkdirSync(join(clone, project, 'src/part'), { recursive: true });
    write(`${project}/src/part/main.ts`);
    for (const folder of ['src/part', 'src'])
      utimesSync(join(clone, project, folder), BEFORE, BEFORE);
  }
  for (const file of ['package-lock.json', 'tsconfig.base.json', 'nx.json']) write(file);
  mkdirSync(join(clone, 'apps/part/bundle'));
  write('apps/part/bundle/service.cache');
  mkdirSync(join(clone, '.tally'));
  const mark = join(clone, '.tally/built');
  writeFileSync(mark, `${process.version}\n`);
  utimesSync(mark, BUILT, BUILT);
});

function write(file: string): void {
  writeFileSync(join(clone, file), '');
  utimesSync(join(clone, file), BEFORE, BEFORE);
}

function isBuilt(): boolean {
  const script = `. ${join(ROOT, 'tools/lib.sh')}; built`;
  const { status, stderr } = spawnSync('bash', ['-c', script], { cwd: clone, encoding: 'utf8' });
  expect(stderr).toBe('');
  return status === 0;
}

describe('a clone', () => {
  it('is built when nothing has changed since', () => expect(isBuilt()).toBe(true));

  it.each([
    ['a file has changed', () => writeFileSync(join(clone, 'libs/whole/src/part/main.ts'), 'new')],
    ['a file has come', () => write('libs/whole/src/part/other.ts')],
    ['a file has gone', () => rmSync(join(clone, 'apps/part/src/part/main.ts'))],
    ['the packages are others', () => writeFileSync(join(clone, 'package-lock.json'), 'new')],
    ['a build was removed', () => rmSync(join(clone, 'libs/whole/dist'), { recursive: true })],
    ['a bundle was removed', () => rmSync(join(clone, 'apps/part/bundle'), { recursive: true })],
    ['Node is another', () => writeFileSync(join(clone, '.tally/built'), 'v20.0.0\n')],
    ['it never was', () => rmSync(join(clone, '.tally/built'))],
  ])('is not when %s', (_, change) => {
    change();
    expect(isBuilt()).toBe(false);
  });
});

it('the builder keeps what it keeps in the clone, and leaves nothing in the home or the temporary folder', () => {
  const [home, temporary] = [join(clone, 'home'), join(clone, 'temporary')];
  for (const folder of [home, temporary]) mkdirSync(folder);
  const script = '. tools/lib.sh; nx show projects';
  const env = { ...process.env, HOME: home, TMPDIR: temporary };
  const { stdout } = spawnSync('bash', ['-c', script], { cwd: ROOT, env, encoding: 'utf8' });
  expect(stdout).toContain('@tally/gateway');
  expect([...readdirSync(home), ...readdirSync(temporary)]).toEqual([]);
}, 60_000);
