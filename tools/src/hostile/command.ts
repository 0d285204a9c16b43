import { parseArgs } from 'node:util';
import { addressesIn, gatewayTarget, NO_GATEWAY } from '@tally/cli';
import { MINUTE_MS } from '@tally/contracts';
import type { Attack, Endpoint } from './attack.js';

/** The text of --help. */
export const USAGE = `usage: tools/hostile [--gateway URL] [--log HOST:PORT] [--minutes N] [--attack NAME]...
                     [--seed N] [--json FILE] [--list]

Attacks a Tally that runs, one attack after the other, beside a quiet client that only wants to count;
then compares what it was told with what is counted, and what each process holds with what it held.
Exit code: 0 nobody was hurt, 1 somebody was, 2 wrong usage.

Only for a Tally of your own: the quiet client counts events of type view with subjects quiet-..., and
attacks on the log make topics and groups named extreme, absent, hostile-... and remove them again.

  --gateway URL    default: TALLY_GATEWAY, or the Tally that tools/up started
  --log HOST:PORT  its Kafka port, on this machine; default as above
  --minutes N      of all attacks together, default 5; 0.5 is half a minute
  --attack NAME    only this attack; may be given more than once
  --seed N         default: a new one; a run says which it had
  --json FILE      writes the whole report there
  --list           says which attacks there are
  --help           this text

TALLY_API_KEY holds the key of the quiet client. Processes, admin and gRPC ports are known of the Tally
that tools/up started alone.`;

/** What a command line asks for. */
export type Command =
  | {
      readonly kind: 'attack';
      readonly gateway: Endpoint;
      readonly log: Endpoint | undefined;
      /** Of the same Tally, where it is one that tools/up started. */
      readonly own:
        | { readonly zookeeper: string; readonly admin: Readonly<Record<string, Endpoint>> }
        | undefined;
      readonly attacks: readonly Attack[];
      /** Whether they were asked for by name. */
      readonly isNamed: boolean;
      readonly forMs: number;
      readonly seed: number;
      readonly json: string | undefined;
    }
  | { readonly kind: 'list' | 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

/** What the command line asks for. `addressFile`: where tools/up wrote where things are. */
export function parseCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  addressFile: string,
  all: readonly Attack[],
): Command {
  let values;
  try {
    values = parse(args);
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
  if (values.help) return { kind: 'help' };
  if (values.list) return { kind: 'list' };
  const target = gatewayTarget(values.gateway, env, addressFile);
  if (target === undefined) return wrong(NO_GATEWAY);
  if (typeof target === 'string') return wrong(target);
  const url = new URL(target.url);
  if (url.protocol !== 'http:')
    return wrong('--gateway: expected http, TLS is what stands before it');
  const known = addressesIn(addressFile);
  const own = known?.gateway === target.url ? known : undefined;
  const log = values.log ?? own?.kafka.split(',')[0];
  if (log !== undefined && endpointOf(log) === undefined)
    return wrong(`--log: expected 127.0.0.1:PORT or localhost:PORT, got ${log}`);
  for (const name of values.attack)
    if (!all.some((each) => each.name === name))
      return wrong(`--attack: expected one of ${all.map((each) => each.name).join(', ')}`);
  const minutes = Number(values.minutes);
  if (!(minutes > 0 && minutes <= 10_000)) return wrong('--minutes: expected a number above 0');
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  if (!Number.isSafeInteger(seed)) return wrong('--seed: expected a whole number');
  return {
    kind: 'attack',
    gateway: { host: url.hostname, port: Number(url.port || 80) },
    log: log === undefined ? undefined : endpointOf(log),
    own: own && { zookeeper: own.zookeeper, admin: endpointsOf(own.admin) },
    attacks: all.filter(({ name }) => values.attack.length === 0 || values.attack.includes(name)),
    isNamed: values.attack.length > 0,
    forMs: minutes * MINUTE_MS,
    seed,
    json: values.json,
  };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      gateway: { type: 'string' },
      log: { type: 'string' },
      minutes: { type: 'string', default: '5' },
      attack: { type: 'string', multiple: true, default: [] },
      seed: { type: 'string' },
      json: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  }).values;
}

function endpointOf(text: string): Endpoint | undefined {
  const [, host, port] = /^(127\.0\.0\.1|localhost):(\d{1,5})$/.exec(text) ?? [];
  return host === undefined ? undefined : { host, port: Number(port) };
}

function endpointsOf(urls: Readonly<Record<string, string>>): Record<string, Endpoint> {
  return Object.fromEntries(
    Object.entries(urls).map(([name, url]) => {
      const { hostname, port } = new URL(url);
      return [name, { host: hostname, port: Number(port) }];
    }),
  );
}

function wrong(problem: string): Command {
  return { kind: 'wrong', problem };
}
