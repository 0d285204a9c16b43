import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ROOT } from './stack/index.js';

const USAGE =
  'usage: tools/up [--once | --detach] [--fresh] [--secure] [--shards N] [--processors N]';

describe('tools/up', () => {
  it.each([
    ['an option that it does not know', ['--twice'], `unknown option --twice; ${USAGE}`],
    ['no number of shards', ['--fresh', '--shards'], '--shards: expected 1 to 8, got nothing'],
    ['too many shards', ['--shards', '9'], '--shards: expected 1 to 8, got 9'],
    ['too many processors', ['--processors', '9'], '--processors: expected 1 to 8, got 9'],
    ['no shard at all', ['--shards', '0'], '--shards: expected 1 to 8, got 0'],
  ])('refuses %s before it does anything', (_, args, problem) => {
    const { status, stdout, stderr } = spawnSync(join(ROOT, 'tools/up'), args, {
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: '',
      stderr: `up: ${problem}\n`,
    });
  });
});

/** What the scripts use of a machine, beside Node. */
const PROGRAMS =
  'bash awk basename cat cut date df dirname find flock grep head mkdir mv node rm setsid sha256sum sleep stat tail tr'.split(
    ' ',
  );
const dirs: string[] = [];
afterAll(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

/** A machine that has these programs and no more, and a clone on it that has the scripts alone. */
class BareMachine {
  readonly clone = mkdtempSync(join(tmpdir(), 'tally-clone-'));
  private readonly bin = join(this.clone, 'bin');

  constructor(
    programs: Readonly<Record<string, string>>,
    private readonly env: Readonly<Record<string, string>> = {},
  ) {
    dirs.push(this.clone);
    mkdirSync(this.bin);
    mkdirSync(join(this.clone, 'tools'));
    for (const file of ['up', 'test', 'lib.sh'])
      copyFileSync(join(ROOT, 'tools', file), join(this.clone, 'tools', file));
    for (const program of PROGRAMS) symlinkSync(found(program), join(this.bin, program));
    this.write('package-lock.json', '{}');
    this.write('.npmrc', '');
    for (const [name, script] of Object.entries(programs)) {
      this.write(join('bin', name), `#!/bin/bash\n${script}\n`);
      chmodSync(join(this.bin, name), 0o755);
    }
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.clone, file)), { recursive: true });
    writeFileSync(join(this.clone, file), text);
  }

  run(tool: string, ...args: readonly string[]) {
    const { status, stdout, stderr } = spawnSync(join(this.clone, 'tools', tool), args, {
      encoding: 'utf8',
      env: { PATH: this.bin, ...this.env },
    });
    return { status, stdout, stderr };
  }

  /** Says that node_modules are as the lock file wants them. */
  installModules(): void {
    const script =
      '. tools/lib.sh; mkdir -p node_modules; modules_wanted >node_modules/.tally-lock';
    execFileSync('bash', ['--norc', '-c', script], {
      cwd: this.clone,
      env: { PATH: this.bin },
      stdio: 'ignore',
    });
  }
}

function found(program: string): string {
  if (program === 'node') return process.execPath;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return execFileSync('which', [program], {
    encoding: 'utf8',
    env: { PATH: folders.join(delimiter) },
  }).trim();
}

const ORDINARY_USER = { id: 'echo 1000' };

describe('on a machine that lacks packages, to a user who may not install them', () => {
  it('tools/up and tools/test tell one command, which works on a fresh Debian and is for both', () => {
    const machine = new BareMachine({ ...ORDINARY_USER, npm: '' });
    const [up, test] = [machine.run('up'), machine.run('test')];
    expect([up.status, test.status]).toEqual([1, 1]);
    const [command, other] = [up, test].map(({ stderr }) => stderr.trim().split('\n').at(-1));
    expect(command).toMatch(/^ {2}apt-get update && apt-get install --yes .* kcat /);
    expect(command).toContain(' default-jre-headless ');
    expect(other).toBe(command);
  });

  it.each(['up', 'test'])('tools/%s ends at once where npm is missing, and says so', (tool) => {
    const { status, stdout, stderr } = new BareMachine(ORDINARY_USER).run(tool);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^${tool}: npm is missing, .*apt-get install --yes npm`));
  });
});

describe('tools/up --detach', () => {
  it('shows what the stack says from its first line on, however late that comes', () => {
    const given = { TALLY_ZOOKEEPER: 'here', TALLY_REDIS_URL: 'here' };
    const machine = new BareMachine({ python3: '', make: '', 'g++': '' }, given);
    machine.installModules();
    machine.write('node_modules/nx/dist/bin/nx.js', '');
    machine.write(
      'tools/dist/up.js',
      `console.log('it starts');
       require('node:fs').writeFileSync('.tally/addresses.json', '{}');`,
    );
    for (let round = 0; round < 5; round++) {
      rmSync(join(machine.clone, '.tally'), { recursive: true, force: true });
      expect(machine.run('up', '--detach')).toEqual({
        status: 0,
        stdout: 'building\nit starts\nRunning in the background; tools/down stops it.\n',
        stderr: '',
      });
    }
  }, 60_000);
});
