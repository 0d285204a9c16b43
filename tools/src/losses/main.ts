import { homedir } from 'node:os';
import { join } from 'node:path';
import { endWithReader } from '../end-with-reader.js';
import { parseCommand, USAGE, type Command } from './command.js';

/** Longer than the gateway gives the shards. */
const TIMEOUT_MS = 30_000;

/** A loss as the gateway answers it. */
interface Loss {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly by: string;
  readonly reason: string;
  readonly acceptedAt: string;
  readonly shards: readonly { readonly shard: number; readonly lostRecords: number }[];
}

/** Some of all losses; `next` says which page follows. */
interface LossPage {
  readonly losses: readonly Loss[];
  readonly missingShards: readonly number[];
  readonly next?: string;
}

const say = (line: string) => process.stdout.write(`${line}\n`);
const home = process.env['TALLY_HOME'] ?? join(homedir(), '.tally');
endWithReader();
process.exitCode = await run(
  parseCommand(process.argv.slice(2), process.env, join(home, 'addresses.json')),
);

async function run(command: Command): Promise<number> {
  switch (command.kind) {
    case 'help':
      say(USAGE);
      return 0;
    case 'wrong':
      process.stderr.write(`log: ${command.problem}; --help says more\n`);
      return 2;
    case 'losses':
      return show(command.gateway);
    case 'accept-loss': {
      const answer = await ask<Loss>(command.gateway, command.loss);
      if (answer === undefined) return 1;
      say(textOf(answer));
      say(
        'the partition is counted again within a minute; how many events the records had nobody knows',
      );
      return 0;
    }
  }
}

async function show(gateway: string): Promise<number> {
  let [count, after] = [0, ''];
  const missing = new Set<number>();
  for (;;) {
    const page = await ask<LossPage>(gateway, undefined, after);
    if (page === undefined) return 1;
    for (const loss of page.losses) say(textOf(loss));
    for (const shard of page.missingShards) missing.add(shard);
    count += page.losses.length;
    if (page.next === undefined) break;
    after = page.next;
  }
  if (count === 0) say('no loss was accepted');
  if (missing.size === 0) return 0;
  process.stderr.write(`log: no answer from shard ${[...missing].join(', ')}\n`);
  return 1;
}

function textOf({ partition, from, to, by, reason, acceptedAt, shards }: Loss): string {
  const lost = shards.map(({ shard, lostRecords }) => `shard ${shard} lacks ${lostRecords}`);
  return `partition ${partition}, offsets ${from} to ${to - 1}: given up by ${by} at ${acceptedAt} (${reason}); of these records ${lost.join(', ')}`;
}

/** What the gateway answers to this loss, or without one to the question for a page; a failure is printed. */
async function ask<T>(gateway: string, loss?: object, after = ''): Promise<T | undefined> {
  const target = new URL('/v1/admin/losses', gateway);
  if (after !== '') target.searchParams.set('after', after);
  let response;
  try {
    response = await fetch(target, {
      method: loss === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${process.env['TALLY_ADMIN_KEY'] ?? ''}`,
        'content-type': 'application/json',
      },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(loss === undefined ? {} : { body: JSON.stringify(loss) }),
    });
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    process.stderr.write(`log: ${gateway} does not answer: ${String(cause)}\n`);
    return undefined;
  }
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as T;
  process.stderr.write(`log: ${problemOf(text) ?? `status ${response.status} of ${gateway}`}\n`);
  return undefined;
}

function problemOf(text: string): string | undefined {
  try {
    const { code, detail } = JSON.parse(text) as { readonly code: string; readonly detail: string };
    return `${code}: ${detail}`;
  } catch {
    return undefined;
  }
}
