import { parseArgs } from 'node:util';
import { CONTROLS } from './controls.js';
import { simulate } from './simulate.js';

const USAGE = `usage: tools/chaos --simulate [--seconds N] [--first-seed N] [--controls]
  --seconds N     how long to play schedules, default 60
  --first-seed N  the first of them, default any; a schedule that is wrong is told as a story
  --controls      takes a protection away each time and says after how many schedules that is found`;
const CONTROL_SCHEDULES = 10_000;

const say = (line: string) => process.stdout.write(`${line}\n`);

function fail(reason: string): never {
  process.stderr.write(`chaos: ${reason}\n${USAGE}\n`);
  process.exit(2);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        simulate: { type: 'boolean', default: true },
        seconds: { type: 'string', default: '60' },
        'first-seed': { type: 'string', default: String(Math.floor(Math.random() * 1e8) + 1) },
        controls: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) fail(`--${name}: expected a whole number from 1, got ${text}`);
  return Number(text);
}

/** True when a schedule was found in which something is wrong. */
function play(
  firstSeed: number,
  goesOn: (schedules: number) => boolean,
  control?: string,
): boolean {
  const began = performance.now();
  const { schedules, finding } = simulate({
    firstSeed,
    goesOn,
    ...(control === undefined ? {} : { control }),
  });
  const perMinute = Math.round((schedules / (performance.now() - began)) * 60_000);
  const outcome =
    finding === undefined ? 'nothing was wrong' : `seed ${finding.seed}: ${finding.what}`;
  say(
    `${control ?? `from seed ${firstSeed}`}: ${schedules} schedules, ${perMinute} a minute: ${outcome}`,
  );
  if (finding !== undefined && control === undefined) say(finding.story.join('\n'));
  return finding !== undefined;
}

const options = readOptions();
const firstSeed = wholeNumber('first-seed', options['first-seed']);
const until = performance.now() + wholeNumber('seconds', options.seconds) * 1000;
const isWrong = options.controls
  ? Object.keys(CONTROLS).filter(
      (control) => !play(firstSeed, (schedules) => schedules < CONTROL_SCHEDULES, control),
    ).length > 0
  : play(firstSeed, () => performance.now() < until);
process.exitCode = isWrong ? 1 : 0;
