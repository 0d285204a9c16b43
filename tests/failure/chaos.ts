import { parseArgs } from 'node:util';
import { endWithReader } from '@tally/tools';
import { campaign, type Result } from './campaign.js';
import { CONTROLS, type Control } from './controls.js';
import { FAULTS } from './faults/index.js';
import { tryLogControls, tryLogFaults } from './log/log-chaos.js';
import { LOG_FAULTS } from './log/log-faults.js';
import type { LogFault } from './log/log-trial.js';
import { FailureStack } from './rig/failure-stack.js';
import type { Fault } from './trial.js';

const USAGE = `usage: tools/chaos [--seeds N] [--first-seed N] [--fault NAME]... [--controls] [--list]
  --seeds N       seeds to try with each fault, default 3
  --first-seed N  the first of them, default 1; a failed run names its seed
  --fault NAME    only this fault; may be given more than once
  --controls      takes a protection away each time and expects the trial to fail
  --list          says what there is
  --simulate      plays schedules of faults to the rules alone: tools/chaos --simulate --help`;

/** Of the longest name of a fault, and one. */
const NAME_WIDTH = 20;

const say = (line: string) => process.stdout.write(`${line}\n`);

function fail(reason: string): never {
  process.stderr.write(`chaos: ${reason}\n`);
  process.exit(2);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: 'string', default: '3' },
        'first-seed': { type: 'string', default: '1' },
        fault: { type: 'string', multiple: true, default: [] },
        controls: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    fail(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

function wholeNumber(name: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) fail(`--${name}: expected a whole number from 1, got ${text}`);
  return Number(text);
}

interface Chosen {
  /** Done to the whole platform. */
  readonly faults: readonly Fault[];
  /** Done to the log alone. */
  readonly logFaults: readonly LogFault[];
}

/** All of them when none is named. */
function chosen(names: readonly string[]): Chosen {
  const all = [...FAULTS, ...LOG_FAULTS].map(({ name }) => name);
  for (const name of names)
    if (!all.includes(name)) fail(`no fault ${name}; there are ${all.join(', ')}`);
  const isChosen = ({ name }: { readonly name: string }) =>
    names.length === 0 || names.includes(name);
  return { faults: FAULTS.filter(isChosen), logFaults: LOG_FAULTS.filter(isChosen) };
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

function show(result: Result): void {
  if (result.kind === 'failed') {
    say(`  seed ${result.seed}: FAILED\n${result.problem.replaceAll(/^/gm, '    ')}`);
    say(`    what clients were told, logs and data: ${result.kept}`);
    return;
  }
  const { seed, events, unknown, retries, longestGapMs, readyMs, evidence } = result;
  say(
    `  seed ${seed}: ${events} events, ${unknown} of unknown fate, ${retries} retries, longest gap ${seconds(longestGapMs)}, ready after ${seconds(readyMs)}; ${evidence}`,
  );
}

/** Median and max of a figure. */
function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  return `${seconds(sorted[sorted.length >> 1] ?? 0)} / ${seconds(sorted.at(-1) ?? 0)}`;
}

function summary(fault: Fault, results: readonly Result[]): string {
  const sound = results.filter((result) => result.kind === 'sound');
  const sum = (of: (result: (typeof sound)[number]) => number) =>
    sound.reduce((total, result) => total + of(result), 0);
  return [
    fault.name.padEnd(NAME_WIDTH),
    `${sound.length}/${results.length}`.padStart(7),
    String(sum(({ events }) => events)).padStart(9),
    String(sum(({ unknown }) => unknown)).padStart(8),
    String(sum(({ retries }) => retries)).padStart(8),
    spread(sound.map(({ longestGapMs }) => longestGapMs)).padStart(17),
    spread(sound.map(({ readyMs }) => readyMs)).padStart(17),
  ].join(' ');
}

async function tryFaults(faults: readonly Fault[], seeds: readonly number[]): Promise<boolean> {
  if (faults.length === 0) return true;
  const table = [
    'fault                  sound    events  unknown  retries  longest gap (*)     ready in (*)',
  ];
  let isSound = true;
  for (const fault of faults) {
    const lacks = fault.lacks?.();
    if (lacks !== undefined) {
      say(`${fault.name}: NOT TRIED, this machine lacks ${lacks}`);
      table.push(`${fault.name.padEnd(NAME_WIDTH)} not tried`);
      isSound = false;
      continue;
    }
    say(`${fault.name}: ${fault.story}`);
    const results = await campaign(fault, { seeds, onResult: show });
    isSound &&= results.every(({ kind }) => kind === 'sound');
    table.push(summary(fault, results));
  }
  say(`\n${table.join('\n')}\n(*) median / max`);
  return isSound;
}

async function tryControls(faults: readonly Fault[], seeds: readonly number[]): Promise<boolean> {
  let areCaught = true;
  for (const control of CONTROLS)
    for (const fault of control.faults.filter((each) => faults.includes(each)))
      areCaught = (await isCaught(control, fault, seeds)) && areCaught;
  return areCaught;
}

async function isCaught(
  control: Control,
  fault: Fault,
  seeds: readonly number[],
): Promise<boolean> {
  const title = `${control.name} under ${fault.name}`;
  const lacks = fault.lacks?.();
  if (lacks !== undefined) {
    say(`${title}: NOT TRIED, this machine lacks ${lacks}`);
    return false;
  }
  const results = await campaign(fault, { seeds, control });
  const failures = results.filter((result) => result.kind === 'failed');
  const asExpected = failures.filter(({ problem }) => control.failure.test(problem));
  const caught = asExpected.length > 0 && asExpected.length === failures.length;
  say(
    `${title}: ${caught ? 'caught' : 'NOT CAUGHT'} by ${asExpected.length} of ${seeds.length} seeds`,
  );
  for (const { seed, problem } of failures) {
    const lines = problem.split('\n');
    say(`  seed ${seed}: ${lines.find((line) => control.failure.test(line)) ?? lines[0]}`);
  }
  return caught;
}

endWithReader(() => FailureStack.stopAll());
const options = readOptions();
if (options.help) say(USAGE);
else if (options.list) {
  for (const { name, story } of [...FAULTS, ...LOG_FAULTS])
    say(`${name.padEnd(NAME_WIDTH)} ${story}`);
  say('\nControls:');
  for (const { name, faults } of CONTROLS)
    say(`${name.padEnd(32)} fails under ${faults.map((fault) => fault.name).join(', ')}`);
  for (const { name, controls } of LOG_FAULTS)
    for (const control of controls) say(`${control.name.padEnd(32)} fails under ${name}`);
} else {
  const first = wholeNumber('first-seed', options['first-seed']);
  const seeds = Array.from(
    { length: wholeNumber('seeds', options.seeds) },
    (_, number) => first + number,
  );
  const { faults, logFaults } = chosen(options.fault);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      say('stopping');
      void FailureStack.stopAll().then(() => process.exit(1));
    });
  say(`seeds ${first} to ${first + seeds.length - 1}`);
  const isLogGood = await (options.controls ? tryLogControls : tryLogFaults)(logFaults, seeds, say);
  const isGood = await (options.controls ? tryControls : tryFaults)(faults, seeds);
  process.exit(isLogGood && isGood ? 0 : 1);
}
