import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '@tally/tools';
import { topFunctions } from '../profile.js';
import { measureKafkajs } from './kafkajs.js';
import { startLogServer, type LogServer } from './log-server.js';
import { measureAppends, measureFetches, type LogFigures } from './measure.js';
import { describe, describeKafkajs, verdicts } from './report.js';
import { workloads } from './workload-list.js';

const USAGE = `usage: tools/log-bench [options]
  --mb N       of records that each measurement appends, default 1000
  --all-cores  the log may use every core; else one, by taskset, and the client the others
  --no-kafkajs leaves out what kafkajs gets of the same log
  --profile    shows where the log spends its time; slower`;

const PROFILED_FUNCTIONS = 30;
const say = (line: string) => process.stdout.write(`${line}\n`);

function fail(reason: string, code: number): never {
  process.stderr.write(`log-bench: ${reason}\n`);
  process.exit(code);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        mb: { type: 'string', default: '1000' },
        'all-cores': { type: 'boolean', default: false },
        'no-kafkajs': { type: 'boolean', default: false },
        profile: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    fail(`${error instanceof Error ? error.message : ''}\n${USAGE}`, 2);
  }
}

const options = readOptions();
if (options.help) {
  say(USAGE);
  process.exit(0);
}
if (!/^[1-9]\d{0,5}$/.test(options.mb)) {
  fail(`--mb: expected a whole number from 1 to 999999, got ${options.mb}`, 2);
}
const profiles = join(ROOT, '.tally/log-profile');
const onOneCore = !options['all-cores'] && availableParallelism() > 1;

let log: LogServer | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    say('stopping');
    void (log?.stop() ?? Promise.resolve()).then(() => process.exit(1));
  });

/** A log of its own for each measurement: what one leaves behind must not weigh on the next. */
async function onNewLog<T>(use: (log: LogServer) => Promise<T>): Promise<T> {
  rmSync(profiles, { recursive: true, force: true });
  mkdirSync(profiles, { recursive: true });
  log = await startLogServer({
    ...(onOneCore ? { core: '0' } : {}),
    ...(options.profile ? { profileDir: profiles } : {}),
  });
  try {
    return await use(log);
  } finally {
    await log.stop();
    log = undefined;
  }
}

function show(figures: LogFigures): void {
  for (const line of describe(figures)) say(line);
}

try {
  say(
    `One log node, acks all, fdatasync before each acknowledgement; the log has ${onOneCore ? 'one core' : 'every core'}.`,
  );
  const all: LogFigures[] = [];
  const lists = workloads(Number(options.mb));
  for (const [index, workload] of lists.entries()) {
    const measured = await onNewLog(async (server) => {
      const figures = [await measureAppends(server, workload)];
      if (index === 0) figures.push(await measureFetches(server, workload));
      figures.forEach(show);
      if (index === 0 && !options['no-kafkajs']) {
        say(describeKafkajs(await measureKafkajs(server, workload), figures));
      }
      return figures;
    });
    all.push(...measured);
    if (!options.profile) continue;
    for (const { name, interval } of measured) {
      say(name);
      for (const line of topFunctions(profiles, interval, PROFILED_FUNCTIONS)) say(line);
    }
  }
  for (const line of verdicts(all)) say(line);
  say('What was read back is what was sent.');
} catch (error) {
  await log?.stop();
  fail(error instanceof Error ? error.message : String(error), 1);
}
