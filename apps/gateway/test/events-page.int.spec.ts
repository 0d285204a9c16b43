import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { GatewayFixture, type RunningGateway } from './support/gateway-fixture.js';

const PAGE = new URL('../../../docs/events.md', import.meta.url);

const fixture = new GatewayFixture();
const dir = mkdtempSync(join(tmpdir(), 'tally-events-page-'));
let gateway: RunningGateway;
beforeAll(async () => {
  await fixture.start();
  gateway = await fixture.gateway();
}, 60_000);
afterAll(async () => {
  rmSync(dir, { recursive: true, force: true });
  await fixture.stop();
}, 30_000);
beforeEach(() => fixture.reset());

/** The snippets below a heading, as they are printed. */
function snippets(heading: string): string[] {
  const section = readFileSync(PAGE, 'utf8').split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/```\w+\n(.*?)```/gs)].map(([, code = '']) => code);
}

async function run(command: string, ...args: string[]): Promise<string> {
  // Without C, Go has less to compile.
  const env = { ...process.env, TALLY_URL: gateway.url, CGO_ENABLED: '0' };
  const { stdout } = await promisify(execFile)(command, args, { env, cwd: dir });
  return stdout;
}

function runFile(name: string, code: string, command: string, ...args: string[]): Promise<string> {
  const file = join(dir, name);
  writeFileSync(file, code);
  return run(command, ...args, file);
}

const TWO = [
  { type: 'order', subject: 'shop-7', value: { unscaled: 499, scale: 2 } },
  { type: 'order', subject: 'shop-8', value: null },
];

/** Where a program is not installed, its test says so instead of running. */
function where(
  program: string,
  args: readonly string[],
): [test: typeof it | typeof it.skip, why: string] {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return [it, ''];
  } catch {
    return [it.skip, ` (skipped: there is no ${program} on this machine)`];
  }
}

describe('the page on sending events: as it is printed', () => {
  it('curl sends', async () => {
    const [one = '', lines = ''] = snippets('curl');
    expect(JSON.parse(await run('sh', '-c', one))).toMatchObject({ accepted: 1, rejected: 0 });
    expect(JSON.parse(await run('sh', '-c', lines))).toMatchObject({ accepted: 2, rejected: 0 });
    expect(fixture.events.map(({ id }) => id)).toEqual(['curl-1', 'lines-1', 'lines-2']);
    expect(fixture.events[0]).toMatchObject({ time: Date.UTC(2026, 0, 31, 12) });
  });

  it('JavaScript sends, and tells what was rejected', async () => {
    const [code = ''] = snippets('JavaScript');
    const said = await runFile('send.mjs', code, process.execPath);
    expect(said).toBe('2 accepted, 0 rejected\n');
    expect(fixture.events).toMatchObject(TWO);
    const bad = await runFile('bad.mjs', code.replace("'shop-8'", "''"), process.execPath);
    expect(bad).toMatch(/^1 accepted, 1 rejected\nevent 1: subject_invalid: expected /);
  });

  const [python, withoutPython] = where('python3', ['--version']);
  python(`Python sends${withoutPython}`, async () => {
    const [code = ''] = snippets('Python');
    const said = await runFile('send.py', code, 'python3');
    expect(said).toContain("'accepted': 2, 'rejected': 0");
    expect(fixture.events).toMatchObject(TWO);
  });

  const [go, withoutGo] = where('go', ['version']);
  go(
    `Go sends${withoutGo}`,
    async () => {
      const [code = ''] = snippets('Go');
      expect(await runFile('send.go', code, 'go', 'run')).toMatch(/^202 Accepted .*"accepted":2/);
      expect(fixture.events).toMatchObject(TWO);
    },
    // It is compiled, the first time with what it imports.
    240_000,
  );

  it('a page of this machine sends when it is left, and one of another host is refused', async () => {
    const [code = ''] = snippets('A browser');
    // What a browser does of it: asks nothing before, says text/plain and where the page is from.
    const leave = async (origin: string): Promise<number | undefined> => {
      const sent: Promise<Response>[] = [];
      const listeners = new Map<string, () => void>();
      runInNewContext(code, {
        crypto,
        location: { pathname: '/prices' },
        addEventListener: (event: string, listener: () => void) => listeners.set(event, listener),
        navigator: {
          sendBeacon: (url: string, body: string) =>
            sent.push(
              fetch(url.replace('http://localhost:8080', gateway.url), {
                method: 'POST',
                headers: { 'content-type': 'text/plain;charset=UTF-8', origin },
                body,
              }),
            ),
        },
      });
      listeners.get('pagehide')?.();
      const [answer] = await Promise.all(sent);
      return answer?.status;
    };
    expect(await leave('http://localhost:3000')).toBe(202);
    expect(fixture.events).toMatchObject([{ type: 'visit', subject: '/prices', value: null }]);
    expect(await leave('https://shop.example.org')).toBe(403);
    expect(fixture.events).toHaveLength(1);
  });
});
