import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { eventually, ServerProcess } from '@tally/testing';
import { Supervisor } from './supervisor.js';

const dir = mkdtempSync(join(tmpdir(), 'tally-supervisor-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function server(script: string): ServerProcess {
  return new ServerProcess({
    name: 'part',
    command: process.execPath,
    args: ['-e', script],
    logFile: join(dir, 'part.log'),
    ready: () => Promise.resolve(true),
  });
}

describe('Supervisor', () => {
  it('starts a process that died again, later each time, and says so', async () => {
    const lines: string[] = [];
    const supervisor = new Supervisor(server('process.exit(3)'), (line) => lines.push(line));
    supervisor.process.spawn();
    supervisor.watch();
    await eventually('it died three times', () => lines.length >= 3);
    await supervisor.stop();
    expect(lines.slice(0, 3)).toEqual([
      'part died (exit code 3); starting it again in 100 ms',
      'part died (exit code 3); starting it again in 200 ms',
      'part died (exit code 3); starting it again in 400 ms',
    ]);
  });

  it('lets a process rest that it was told to stop', async () => {
    const lines: string[] = [];
    const supervisor = new Supervisor(server('setInterval(() => {}, 1000)'), (line) =>
      lines.push(line),
    );
    supervisor.process.spawn();
    supervisor.watch();
    await supervisor.stop();
    expect(supervisor.process.running).toBe(false);
    expect(lines).toEqual([]);
  });

  it('ends a process that answered and does not any more, and starts it again', async () => {
    const lines: string[] = [];
    const part = server('setInterval(() => console.log("answers"), 20)');
    let length = 0;
    const isAlive = async () => {
      const before = length;
      length = part.logTail(10_000).length;
      return length > before;
    };
    const supervisor = new Supervisor(part, (line) => lines.push(line), {
      isAlive,
      everyMs: 100,
      maxFailures: 10,
    });
    part.spawn();
    supervisor.watch();
    await eventually('it answers', () => part.logTail().includes('answers'));
    const before = part.pid;
    part.signal('SIGSTOP');
    await eventually('it was started again', () => part.running && part.pid !== before);
    await supervisor.stop();
    expect(lines[0]).toBe('part does not answer any more; killing it');
  });

  it('leaves alone what has not answered yet', async () => {
    let asked = 0;
    const supervisor = new Supervisor(server('setInterval(() => {}, 1000)'), () => undefined, {
      isAlive: async () => (asked++, false),
      everyMs: 1,
      maxFailures: 1,
    });
    supervisor.process.spawn();
    supervisor.watch();
    const { pid } = supervisor.process;
    await eventually('it was asked often', () => asked > 20);
    expect([supervisor.process.pid, supervisor.process.running]).toEqual([pid, true]);
    await supervisor.stop();
  });

  it('keeps down what crashed on purpose, until it is revived with its settings of then', async () => {
    const lines: string[] = [];
    const idle = server('console.log(process.env.COLOUR); setInterval(() => {}, 1000)');
    const supervisor = new Supervisor(idle, (line) => lines.push(line));
    idle.spawn();
    supervisor.watch();
    const before = idle.pid;
    await supervisor.crash();
    expect(idle.exit).toBe('SIGKILL');
    supervisor.revive({ COLOUR: 'green' });
    await eventually('it runs again', () => idle.running && idle.logTail().includes('green'));
    expect(idle.pid).not.toBe(before);
    await supervisor.stop();
    expect(lines).toEqual([]);
  });

  it('stops while a crashed process is kept down', async () => {
    const supervisor = new Supervisor(server('setInterval(() => {}, 1000)'), () => undefined);
    supervisor.process.spawn();
    supervisor.watch();
    await supervisor.crash();
    await supervisor.stop();
    expect(supervisor.process.running).toBe(false);
  });
});
