import { writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ATTACKS } from './attacks/index.js';
import { parseCommand, USAGE, type Command } from './command.js';
import { containerMemory } from './container-memory.js';
import { grpcPorts } from './grpc-ports.js';
import { attackAll } from './hostile-run.js';
import { linesOf } from './report.js';

const { env } = process;
const say = (line: string) => process.stdout.write(`${line}\n`);
const home = env['TALLY_HOME'] ?? join(homedir(), '.tally');
const command = parseCommand(process.argv.slice(2), env, join(home, 'addresses.json'), ATTACKS);
process.exit(await run(command));

async function run(command: Command): Promise<number> {
  switch (command.kind) {
    case 'help':
      say(USAGE);
      return 0;
    case 'list':
      for (const { name, story, openFault } of ATTACKS)
        say(
          `${name.padEnd(24)} ${story}${openFault === undefined ? '' : ` LEFT OUT: ${openFault}`}`,
        );
      return 0;
    case 'wrong':
      process.stderr.write(`hostile: ${command.problem}\n${USAGE}\n`);
      return 2;
    case 'attack':
      return attack(command);
  }
}

async function attack(command: Command & { readonly kind: 'attack' }): Promise<number> {
  const { gateway, log, own, attacks, forMs, seed, json } = command;
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      say('stopping');
      stop.abort();
    });
  say(`seed ${seed}`);
  const report = await attackAll({
    target: {
      gateway,
      log,
      apiKey: env['TALLY_API_KEY'] ?? '',
      admin: own?.admin ?? {},
      grpc: own === undefined ? {} : await grpcPorts(own.zookeeper),
    },
    attacks,
    withOpenFaults: command.isNamed,
    forMs,
    seed,
    processList: own === undefined ? '' : join(home, 'processes.json'),
    containerBytes: containerMemory,
    say,
    stop: stop.signal,
  });
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  for (const line of ['', ...linesOf(report)]) say(line);
  return report.faults.length === 0 ? 0 : 1;
}
