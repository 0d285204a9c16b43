import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { Stack } from '@tally/tools';

const stacks: Stack[] = [];
const dirs: string[] = [];
afterAll(async () => {
  await Promise.all(stacks.map((stack) => stack.stop()));
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
}, 120_000);

/** As tools/up starts it, with the ports that everybody would like to have. */
async function up(): Promise<readonly number[]> {
  const dir = mkdtempSync(join(tmpdir(), 'tally-two-'));
  dirs.push(dir);
  const { stack, addresses } = await Stack.start({
    dir,
    ports: 'usual',
    report: () => undefined,
    onStarting: (starting) => void stacks.push(starting),
  });
  const { gateway, kafka, zookeeper, redis, shards, admin } = addresses;
  expect(stack.names.every((name) => stack.process(name).running)).toBe(true);
  const all = [gateway, kafka, zookeeper, redis, ...shards, ...Object.values(admin)];
  return all.map((address) => Number(/:(\d+)(?:\/|$)/.exec(address)?.[1]));
}

it('two stacks that start at once beside each other both become ready, each on ports of its own', async () => {
  const ports = (await Promise.all([up(), up()])).flat();
  expect(ports.every((port) => port > 0)).toBe(true);
  expect(new Set(ports).size).toBe(ports.length);
}, 240_000);
