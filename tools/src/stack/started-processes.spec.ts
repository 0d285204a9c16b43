import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { StartedProcesses } from './started-processes.js';

const dir = mkdtempSync(join(tmpdir(), 'tally-processes-'));
const file = join(dir, 'processes.json');
const children: ChildProcess[] = [];
afterAll(() => rmSync(dir, { recursive: true, force: true }));
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function idle(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  return child;
}

describe('StartedProcesses', () => {
  it('ends what an earlier one recorded, once', async () => {
    const left = await idle();
    new StartedProcesses(file).record('query', left.pid);
    const exit = once(left, 'exit');
    expect(await new StartedProcesses(file).endLeftovers()).toEqual(['query']);
    expect(await exit).toEqual([null, 'SIGTERM']);
    expect(await new StartedProcesses(file).endLeftovers()).toEqual([]);
  });

  it('leaves a process alone that only has the number of one that it recorded', async () => {
    const other = await idle();
    new StartedProcesses(file).record('query', other.pid);
    const recorded = JSON.parse(readFileSync(file, 'utf8')) as { startTicks: string }[];
    writeFileSync(file, JSON.stringify(recorded.map((entry) => ({ ...entry, startTicks: '1' }))));
    expect(await new StartedProcesses(file).endLeftovers()).toEqual([]);
    expect(other.exitCode ?? other.signalCode).toBeNull();
  });
});
