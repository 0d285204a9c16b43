import { parseArgs } from 'node:util';
import { CONTROLS, type ControlName } from './controls.js';
import { simulate } from './simulate.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    schedules: { type: 'string', default: String(Number.MAX_SAFE_INTEGER) },
    controls: { type: 'boolean', default: false },
  },
});

const started = performance.now();
const firstSeed = Number(values.seed);

function run(control?: ControlName) {
  const began = performance.now();
  const most = control === undefined ? Number(values.schedules) : 10_000;
  const { schedules, finding } = simulate({
    firstSeed,
    ...(control === undefined ? {} : { control }),
    goesOn: (played) =>
      played < most &&
      (control !== undefined || performance.now() - started < Number(values.seconds) * 1000),
  });
  const perMinute = Math.round((schedules / (performance.now() - began)) * 60_000);
  console.log(
    `${control ?? 'all protections'}: ${schedules} schedules, ${perMinute} a minute: ${finding === undefined ? 'nothing wrong' : `seed ${finding.seed}: ${finding.what}`}`,
  );
  if (finding !== undefined && control === undefined) console.log(finding.story.join('\n'));
  return finding;
}

if (values.controls) for (const control of Object.keys(CONTROLS) as ControlName[]) run(control);
else if (run() !== undefined) process.exitCode = 1;
