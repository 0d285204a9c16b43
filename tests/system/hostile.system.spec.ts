import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { ROOT, type HostileReport } from '@tally/tools';
import { startPrivateStack, type PrivateStack } from './private-stack.js';

/** Some of each door: all of them take minutes. */
const TRIED = [
  'announced-bodies',
  'trickled-bodies',
  'unread-answers',
  'bad-forms',
  'foreign-hosts',
  'kafka-extreme',
  'grpc-garbage',
  'admin-garbage',
];
/** One body, and no share of it for others; and nobody who holds it is ever told to go. */
const WITHOUT_BOUNDS = {
  TALLY_MAX_IN_FLIGHT_BYTES: String(8 << 20),
  TALLY_REQUEST_TIMEOUT_MS: '300000',
};

let tally: PrivateStack;
beforeAll(async () => {
  tally = await startPrivateStack();
  // As tools/up leaves it.
  writeFileSync(join(tally.dir, 'addresses.json'), JSON.stringify(tally.addresses));
}, 120_000);
afterAll(() => tally.stop(), 60_000);

interface Result {
  readonly exitCode: number | null;
  readonly report: HostileReport;
}

/** Runs tools/hostile on the stack, which is the one of its home. */
async function attacked(...options: string[]): Promise<Result> {
  const json = join(tally.dir, 'hostile.json');
  const program = join(ROOT, 'tools/dist/hostile/main.js');
  const { exitCode, output } = await new Promise<{ exitCode: number | null; output: string }>(
    (resolve) => {
      const child = execFile(
        process.execPath,
        ['--enable-source-maps', program, '--json', json, ...options],
        { env: { TALLY_HOME: tally.dir }, maxBuffer: 64 << 20 },
        (_, out, errors) => resolve({ exitCode: child.exitCode, output: out + errors }),
      );
    },
  );
  process.stdout.write(output);
  return { exitCode, report: JSON.parse(readFileSync(json, 'utf8')) as HostileReport };
}

describe('who attacks each door of Tally for a short time', () => {
  it('hurts neither a process nor a quiet client', async () => {
    const attacks = TRIED.flatMap((name) => ['--attack', name]);
    const { exitCode, report } = await attacked('--minutes', '0.2', ...attacks);
    expect(report.faults).toEqual([]);
    expect(exitCode).toBe(0);
    const { counts } = report;
    expect(counts.counted).toBe(counts.acknowledged);
    expect(counts.acknowledged).toBeGreaterThan(0);
    // None of them is left out for a fault that is known.
    expect(report.attacks.map(({ name, kind }) => [name, kind])).toEqual(
      TRIED.map((name) => [name, 'inflicted']),
    );
    const watched = report.processes.map(({ name }) => name);
    expect(watched.toSorted()).toEqual([...tally.stack.names].sort());
  }, 180_000);

  it('hurts the quiet client when a gateway has no bounds, and the report says so', async () => {
    await tally.stack.rest('gateway');
    tally.stack.revive('gateway', WITHOUT_BOUNDS);
    const { gateway } = tally.addresses.admin;
    const isReady = async () => (await fetch(`${gateway}/health/ready`).catch(() => undefined))?.ok;
    await eventually('the gateway is ready', async () => (await isReady()) === true, {
      timeoutMs: 60_000,
    });
    const { exitCode, report } = await attacked('--minutes', '0.25', '--attack', 'trickled-bodies');
    expect(exitCode).toBe(1);
    expect(report.faults).toContainEqual(
      expect.stringMatching(/^quiet client, (trickled-bodies|all attacks): p99 was \d+ ms/),
    );
  }, 120_000);
});
