import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { startPrivateStack, type PrivateStack } from './private-stack.js';

/** Longer than a drain may take: whoever waits for a log that hangs is not drained in time. */
const LOG_TIMEOUT_MS = 60_000;
/** Leaves an append enough time for all its tries. */
const DEDUP_WINDOW_MS = 3_600_000;

let tally: PrivateStack;
let isSending = true;
const senders: Promise<void>[] = [];
beforeAll(async () => {
  tally = await startPrivateStack({
    TALLY_ZOOKEEPER_SESSION_MS: '2000',
    TALLY_GROUP_SESSION_MS: '3000',
    TALLY_LOG_TIMEOUT_MS: String(LOG_TIMEOUT_MS),
    TALLY_DEDUP_WINDOW_MS: String(DEDUP_WINDOW_MS),
  });
  // Something is under way everywhere.
  for (let client = 0; client < 4; client++) senders.push(sendOn(client));
}, 120_000);
afterAll(async () => {
  isSending = false;
  await Promise.all(senders);
  await tally.stop();
}, 60_000);

async function sendOn(client: number): Promise<void> {
  for (let number = 0; isSending; number++) {
    const id = `drain-${client}-${number}`;
    await tally
      .ask('/v1/events', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id, type: 'view', subject: id }),
        signal: AbortSignal.timeout(10_000),
      })
      .catch(() => new Promise((resolve) => setTimeout(resolve, 50)));
  }
}

const services = () => Object.keys(tally.addresses.admin);

/** A process and its direct children: Postgres' connections are processes of their own. */
function withChildren(name: string): number[] {
  const { pid = 0 } = tally.stack.process(name);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return [pid, ...children.trim().split(' ').filter(Boolean).map(Number)];
}

async function answers(name: string): Promise<boolean> {
  return (await fetch(`${tally.addresses.admin[name]}/health/live`)).ok;
}

/** SIGTERM to all of them at once; how each ended. They are started again. */
async function drained(names: readonly string[]): Promise<Record<string, string | undefined>> {
  const ends = names.map(async (name) => {
    const process = tally.stack.process(name);
    process.signal('SIGTERM');
    await process.whenEnded();
    return [name, process.exit] as const;
  });
  return Object.fromEntries(await Promise.all(ends));
}

const logOf = (name: string) => readFileSync(join(tally.dir, 'logs', `${name}.log`), 'utf8');

describe('every service ends in order, in time and with status 0', () => {
  it.each([
    ['zookeeper', ['zookeeper']],
    ['the log', ['partition-log']],
    ['every Postgres', ['postgres-0', 'postgres-1']],
  ])(
    'while %s hangs: when it runs, and when it is just starting',
    async (_, hanging) => {
      await eventually(
        'all are ready',
        async () => {
          for (const name of services())
            if (!(await tally.stack.process(name).options.ready())) return false;
          return true;
        },
        { timeoutMs: 60_000 },
      );
      const names = services().filter((name) => !hanging.includes(name));
      const inOrder = Object.fromEntries(names.map((name) => [name, 'exit code 0']));
      const pids = hanging.flatMap(withChildren);
      for (const pid of pids) process.kill(pid, 'SIGSTOP');
      try {
        expect(await drained(names)).toEqual(inOrder);
        for (const name of names)
          await eventually(`${name} starts again`, () => answers(name), { timeoutMs: 30_000 });
        expect(await drained(names)).toEqual(inOrder);
      } finally {
        for (const pid of pids) process.kill(pid, 'SIGCONT');
      }
      for (const name of names) expect(logOf(name)).not.toMatch(/a bug|not drained in time/);
    },
    120_000,
  );
});
