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
  const answer = await ask<{
    readonly losses: readonly Loss[];
    readonly missingShards: readonly number[];
  }>(gateway);
  if (answer === undefined) return 1;
  for (const loss of answer.losses) say(textOf(loss));
  if (answer.losses.length === 0) say('no loss was accepted');
  if (answer.missingShards.length === 0) return 0;
  process.stderr.write(`log: no answer from shard ${answer.missingShards.join(', ')}\n`);
  return 1;
}

function textOf({ partition, from, to, by, reason, acceptedAt, shards }: Loss): string {
  const lost = shards.map(({ shard, lostRecords }) => `shard ${shard} lacks ${lostRecords}`);
  return `partition ${partition}, offsets ${from} to ${to - 1}: given up by ${by} at ${acceptedAt} (${reason}); of these records ${lost.join(', ')}`;
}

/** What the gateway answers to this loss, or without one to the question for all; a failure is printed. */
async function ask<T>(gateway: string, loss?: object): Promise<T | undefined> {
  let response;
  try {
    response = await fetch(new URL('/v1/admin/losses', gateway), {
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
