import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { transformSync } from '@swc/core';
import { eventually, ServerProcess } from '@tally/testing';

// Processes start as fast as the machine lets them.
jest.setTimeout(60_000);

const dir = mkdtempSync(join(tmpdir(), 'tally-watchdog-'));
const source = readFileSync(join(import.meta.dirname, 'watchdog.ts'), 'utf8');
const { code } = transformSync(source, {
  jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
});
writeFileSync(join(dir, 'watchdog.mjs'), code);
writeFileSync(
  join(dir, 'main.mjs'),
  `import { watchEventLoop } from './watchdog.mjs';
  const every = (ms, beat) => clearInterval.bind(undefined, setInterval(beat, ms));
  watchEventLoop({ service: 'part', instance: 'part-1', maxStallMs: Number(process.env.MAX_STALL_MS), every });
  const spin = (ms) => { for (const until = performance.now() + ms; performance.now() < until; ); };
  process.on('SIGUSR2', () => { spin(3000); console.log('went on'); });
  let beats = 0;
  setInterval(() => console.log('beat', ++beats), 50);`,
);
let part: ServerProcess | undefined;
afterEach(() => part?.kill());
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function started(maxStallMs: number): Promise<ServerProcess> {
  part = new ServerProcess({
    name: 'part',
    command: process.execPath,
    args: [join(dir, 'main.mjs')],
    env: { MAX_STALL_MS: String(maxStallMs) },
    logFile: join(dir, `${maxStallMs}.log`),
    ready: async () => part?.logTail().includes('beat 20') === true,
  });
  return part.start();
}

describe('a process whose event loop stands still', () => {
  it('ends, and says why', async () => {
    const process = await started(1000);
    process.signal('SIGUSR2');
    await process.whenEnded();
    expect(process.exit).toBe('SIGKILL');
    expect(process.logTail(1)).toContain(
      '"level":"fatal","service":"part","instance":"part-1","msg":"the event loop stood still for 1000 ms',
    );
    expect(process.logTail(1000)).not.toContain('went on');
  });

  it('goes on when nobody watches it (control), and when that is shorter than it may', async () => {
    for (const maxStallMs of [0, 30_000]) {
      const process = await started(maxStallMs);
      process.signal('SIGUSR2');
      await eventually('it goes on', () => process.logTail(1000).includes('went on'));
      await process.kill();
    }
  });
});

describe('a process that was stopped as a whole', () => {
  it('goes on, however long that was', async () => {
    const process = await started(1500);
    process.signal('SIGSTOP');
    await delay(4000); // the time is what is tested
    const before = process.logTail(1);
    process.signal('SIGCONT');
    await eventually('it goes on', () => process.logTail(1) !== before);
    await delay(1500);
    expect(process.running).toBe(true);
  });
});
