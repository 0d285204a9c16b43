import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { showFlights } from './flights/show-flights.js';
import {
  assertKeptShards,
  givenServers,
  ROOT,
  Secrets,
  Stack,
  type Addresses,
  type GivenServers,
} from './stack/index.js';

const DEFAULT_SHARDS = 2;

const dir = join(ROOT, '.tally');
const secretsDir = join(dir, 'secrets');
const addressFile = join(dir, 'addresses.json');
/** tools/up has checked them. */
const { values: options } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    detach: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    secure: { type: 'boolean', default: false },
    shards: { type: 'string' },
    processors: { type: 'string', default: '1' },
  },
});
const say = (line: string) => process.stdout.write(`${line}\n`);

let stop = (): Promise<void> => Promise.resolve();
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    say('stopping');
    stopping = true;
    void stop().then(() => process.exit(0));
  });
}

try {
  if (options.fresh) {
    Stack.wipe(dir);
    rmSync(join(dir, 'imports'), { recursive: true, force: true });
  }
  const given = givenServers(process.env);
  const shards = Number(options.shards ?? DEFAULT_SHARDS);
  if (given.shardUrls === undefined) assertKeptShards(dir, shards);
  else if (options.shards !== undefined)
    throw new Error(
      'TALLY_SHARD_URLS names the shards: --shards is for those that are started here',
    );
  const named = Object.entries(given).flatMap(([name, at]) => (at === undefined ? [] : [name]));
  if (options.secure && named.length > 0)
    throw new Error(
      `--secure closes the servers that are started here, and the environment names others (${named.join(', ')}): leave one of them out`,
    );
  const secrets = options.secure ? new Secrets(secretsDir) : undefined;
  const door = givenDoor(process.env);
  const keys = Object.keys(door).filter((name) => name.endsWith('_KEY'));
  if (secrets !== undefined && keys.length > 0)
    throw new Error(`--secure makes the keys of the public API itself: unset ${keys.join(', ')}`);
  const kept = keptRights(given);
  const started = performance.now();
  const { stack, addresses } = await Stack.start({
    dir,
    ports: 'usual',
    endsSilent: true,
    shards,
    instances: { processor: Number(options.processors) },
    given,
    secretsDir: options.secure ? secretsDir : undefined,
    env: { ...kept, ...door },
    report: say,
    onStarting: (starting) => {
      stop = async () => {
        rmSync(addressFile, { force: true });
        await starting.stop();
      };
    },
  });
  say(`Everything is ready after ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  say('Streaming 20 000 flights through the public API');
  const apiKey = secrets?.passwordOf('api-key') ?? door['TALLY_API_KEY'] ?? '';
  await showFlights({ gateway: addresses.gateway, apiKey, dir, report: say });
  say(describe(addresses, stack));
  if (secrets !== undefined) say(describeClosed(addresses));
  writeFileSync(
    addressFile,
    `${JSON.stringify({ ...addresses, tools: addresses.tools ?? kept }, null, 2)}\n`,
    { mode: 0o600 },
  );
  if (options.once) {
    await stop();
    say('Stopped again, as --once asks.');
    process.exit(0);
  }
} catch (error) {
  if (!stopping) await stop();
  // Ctrl-C while starting: the handler above ends the process when all is stopped.
  if (stopping) await new Promise(() => undefined);
  process.stderr.write(`up: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

/** Who may use the public API: passed on, everything else of the stack has its own settings. */
function givenDoor(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    ['TALLY_API_KEY', 'TALLY_ADMIN_KEY', 'TALLY_ALLOWED_HOSTS'].flatMap((name) => {
      const value = environment[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
}

/** What --secure closed in ZooKeeper stays closed: its nodes are data, and open to the secret alone. */
function keptRights({ zookeeper }: GivenServers): Record<string, string> {
  const file = join(secretsDir, 'zookeeper');
  if (zookeeper !== undefined || !existsSync(file)) return {};
  return { TALLY_ZOOKEEPER_AUTH_FILE: file };
}

function describe(
  { gateway, kafka, zookeeper, redis, shards, admin }: Addresses,
  stack: Stack,
): string {
  const withoutPassword = (url: string) => url.replace(/:[^:@/]+@/, ':…@');
  return [
    `  public API   ${gateway}`,
    `  log (Kafka)  ${kafka}`,
    `  ZooKeeper    ${zookeeper}`,
    `  Redis        ${withoutPassword(redis)}`,
    ...shards.map((url, number) => `  shard ${number}      ${withoutPassword(url)}`),
    ...Object.entries(admin).map(
      ([name, url]) => `  ${url}/health/ready  ${name} (process ${stack.process(name).pid ?? '?'})`,
    ),
    `  logs         .tally/logs; addresses with passwords: .tally/addresses.json`,
  ].join('\n');
}

/** What --secure has closed, and how to ask all the same. */
function describeClosed({ gateway }: Addresses): string {
  const key = (name: string) => `"Authorization: Bearer $(cat .tally/secrets/${name})"`;
  return [
    'Closed, with secrets of .tally/secrets, which are kept:',
    '  public API: asks for the key in api-key, to define event types and accept losses for that in definitions-key',
    '  gRPC between services, and the log: mutual TLS, certificates in certificates/',
    '  log: users with SCRAM (log-users), each with the rights of apps/partition-log/tally.acl',
    '  Postgres: services come in over TLS, with password and certificate, as tally-owner (makes tables) or tally-writer (counts)',
    '  ZooKeeper: its nodes are open to who has the line in zookeeper; Redis: asks for the password in redis; both without TLS',
    'Open on this machine: health and metrics on the admin ports.',
    `  curl -H ${key('api-key')} ${gateway}/v1/event-types`,
  ].join('\n');
}
