import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, type Instances } from '@tally/tools';
import { startBaseline } from './baseline.js';
import type { Candidate } from './candidate.js';
import { describeRun, describeUsage, ratios, type Run } from './figures.js';
import { measureIdle } from './idle.js';
import { describeIdle, SERVER } from './idle-figures.js';
import { measure, type Load } from './measure.js';
import { topFunctions, type Interval } from './profile.js';
import { startTally } from './tally.js';

const USAGE = `usage: tools/load [options]
  --events N        events of each run, default 1000000 (60000 for batches of 1, 500000 up to 100);
                    a fifth as many warm up before
  --batch N         events in a request, 1 to 10000, default 1000
  --connections N   requests at a time, default 16 (64 for batches up to 100)
  --seed N          default 1
  --spread          event times over the last hour instead of now
  --baseline        alternates with the plain Fastify and Postgres service
  --rounds N        runs of each, default 1 (3 with --baseline)
  --instances N     so many gateways, partitioners, cluster-proxies, queries and processors,
                    1 to 8, default 1
  --processors N    so many processors share the counting, 1 to 8, default as many as instances
  --profile         shows where each service spends its time; slower
  --idle            sends nothing, and shows the CPU and memory of each process
  --seconds N       so long, 1 to 3600, default 60; with --idle alone`;

const PROFILED_FUNCTIONS = 25;
const say = (line: string) => process.stdout.write(`${line}\n`);

function wholeNumber(name: string, text: string, max: number): number {
  if (/^[1-9]\d{0,8}$/.test(text) && Number(text) <= max) return Number(text);
  process.stderr.write(`load: --${name}: expected a whole number from 1 to ${max}, got ${text}\n`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        events: { type: 'string' },
        batch: { type: 'string', default: '1000' },
        connections: { type: 'string' },
        seed: { type: 'string', default: '1' },
        spread: { type: 'boolean', default: false },
        baseline: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        instances: { type: 'string', default: '1' },
        processors: { type: 'string' },
        profile: { type: 'boolean', default: false },
        idle: { type: 'boolean', default: false },
        seconds: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`load: ${error instanceof Error ? error.message : ''}\n${USAGE}\n`);
    process.exit(2);
  }
}

/** Some ten seconds for the slower candidate: a run must be much longer than a flush interval. */
function usualEvents(batch: number): string {
  if (batch === 1) return '60000';
  return batch <= 100 ? '500000' : '1000000';
}

const options = readOptions();
if (options.help) {
  say(USAGE);
  process.exit(0);
}
const batch = wholeNumber('batch', options.batch, 10_000);
const load: Load = {
  batch,
  events: wholeNumber('events', options.events ?? usualEvents(batch), 10_000_000),
  connections: wholeNumber(
    'connections',
    options.connections ?? (batch <= 100 ? '64' : '16'),
    1000,
  ),
  seed: wholeNumber('seed', options.seed, 2 ** 31),
  isSpread: options.spread,
};
const count = wholeNumber('instances', options.instances, 8);
const instances: Instances = {
  gateway: count,
  partitioner: count,
  'cluster-proxy': count,
  query: count,
  processor: wholeNumber('processors', options.processors ?? options.instances, 8),
};
const rounds = wholeNumber('rounds', options.rounds ?? (options.baseline ? '3' : '1'), 100);
const profileDir = options.profile ? join(ROOT, '.tally/profiles') : undefined;
if (profileDir !== undefined) {
  rmSync(profileDir, { recursive: true, force: true });
  mkdirSync(profileDir, { recursive: true });
}
if (options.seconds !== undefined && !options.idle) {
  process.stderr.write('load: --seconds says how long --idle looks: leave it out, or add --idle\n');
  process.exit(2);
}
const idleSeconds = options.idle
  ? wholeNumber('seconds', options.seconds ?? '60', 3600)
  : undefined;
if (idleSeconds === undefined)
  say(
    `${load.events} events in batches of ${batch} on ${load.connections} connections, 100 000 subjects by Zipf's law, 1 % duplicates, times ${load.isSpread ? 'over the last hour' : 'now'}`,
  );

/** Where the services of a stack that has ended spent their time. */
function showProfiles({ name, processes }: Candidate, interval: Interval): void {
  if (profileDir === undefined || name !== 'Tally') return;
  for (const service of processes.keys()) {
    if (SERVER.test(service)) continue;
    say(service);
    for (const line of topFunctions(join(profileDir, service), interval, PROFILED_FUNCTIONS))
      say(line);
  }
}

const runs: Run[] = [];
let running: Candidate | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    say('stopping');
    void (running?.stop() ?? Promise.resolve()).then(() => process.exit(1));
  });
try {
  if (idleSeconds !== undefined) {
    running = await startTally({ profileDir, instances });
    const { usage, interval } = await measureIdle(running, idleSeconds);
    for (const line of describeIdle(usage, idleSeconds)) say(line);
    await running.stop();
    showProfiles(running, interval);
    process.exit(0);
  }
  for (let round = 1; round <= rounds; round++)
    for (const start of [
      ...(options.baseline ? [startBaseline] : []),
      () => startTally({ profileDir, instances }),
    ]) {
      running = await start();
      if (round === 1) say(`${running.name}: ${running.settings.join(', ')}`);
      const run = await measure(running, load);
      runs.push(run);
      say(describeRun(run));
      for (const line of describeUsage(run)) say(line);
      await running.stop();
      showProfiles(running, run.interval);
      running = undefined;
    }
  if (options.baseline) say(ratios(runs, 'Tally', 'baseline'));
  say('All counts are right.');
} catch (error) {
  await running?.stop();
  process.stderr.write(`load: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
