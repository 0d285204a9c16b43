import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { givenServers, Stack, type Addresses } from './stack/index.js';

const root = join(import.meta.dirname, '../..');
const dir = join(root, '.tally');
const addressFile = join(dir, 'addresses.json');
const options = new Set(process.argv.slice(2));
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
  if (options.has('--fresh')) Stack.wipe(dir);
  const started = performance.now();
  const { stack, addresses } = await Stack.start({
    root,
    dir,
    ports: 'usual',
    given: givenServers(process.env),
    report: say,
    onStarting: (starting) => {
      stop = async () => {
        rmSync(addressFile, { force: true });
        await starting.stop();
      };
    },
  });
  say(`Everything is ready after ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  say(describe(addresses, stack));
  writeFileSync(addressFile, `${JSON.stringify(addresses, null, 2)}\n`, { mode: 0o600 });
  if (options.has('--once')) {
    await stop();
    say('Stopped again, as --once asks.');
    process.exit(0);
  }
} catch (error) {
  // Ctrl-C while starting: the handler above ends the process when all is stopped.
  if (stopping) await new Promise(() => undefined);
  process.stderr.write(`up: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

function describe({ gateway, zookeeper, redis, shards, admin }: Addresses, stack: Stack): string {
  const withoutPassword = (url: string) => url.replace(/:[^:@/]+@/, ':…@');
  return [
    `  public API   ${gateway}`,
    `  ZooKeeper    ${zookeeper}`,
    `  Redis        ${redis}`,
    ...shards.map((url, number) => `  shard ${number}      ${withoutPassword(url)}`),
    ...Object.entries(admin).map(
      ([name, url]) => `  ${url}/health/ready  ${name} (process ${stack.process(name).pid ?? '?'})`,
    ),
    `  logs         .tally/logs; addresses with passwords: .tally/addresses.json`,
  ].join('\n');
}
