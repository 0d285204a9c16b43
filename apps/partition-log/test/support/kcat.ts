import { spawn, type ChildProcess } from 'node:child_process';
import { endWithParent } from '@tally/testing';

/** The Debian package kcat: librdkafka behind a command line. */
const COMMAND = 'kcat';

/** One run of kcat; what it says line by line. */
export class Kcat {
  readonly lines: string[] = [];
  /** Its complaints. */
  errors = '';
  /** Resolves with its exit code; null when it was killed. */
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;
  private rest = '';

  constructor(port: number, args: readonly string[], input?: string) {
    this.child = spawn(COMMAND, ['-b', `127.0.0.1:${port}`, ...args], { detached: true });
    endWithParent(this.child);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const parts = (this.rest + text).split('\n');
      this.rest = parts.pop() ?? '';
      this.lines.push(...parts);
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (code) => {
        if (this.rest !== '') this.lines.push(this.rest);
        resolve(code);
      });
    });
    // One that ends before it has read its input says why on stderr.
    this.child.stdin?.on('error', () => undefined);
    this.child.stdin?.end(input ?? '');
  }

  /** Asks it to end in order: a member of a group leaves it. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.ended;
  }

  /** SIGKILL: no goodbye. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** Runs it to its end; its lines. Throws when it fails. */
export async function kcat(port: number, args: readonly string[], input?: string) {
  const run = new Kcat(port, ['-q', ...args], input);
  const code = await run.ended;
  if (code !== 0) throw new Error(`kcat ${args.join(' ')} ended with ${code}: ${run.errors}`);
  return run.lines;
}
