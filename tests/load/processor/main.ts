import { parseArgs } from 'node:util';
import { applyFigures } from './apply.js';
import type { Figure } from './best-of.js';
import { blocksOf } from './blocks.js';
import { countFigure, decodeFigure, encodeFigure, KINDS, windowFigures } from './pieces.js';

const USAGE = `usage: tools/processor-bench [options]
  --events N   events that are decoded and counted, default 200000
  --ids N,N    sizes of the dedup window, default 1000000,10000000
  --rounds N   of which the best is shown, default 5
  --no-postgres  leaves out what applies flushes to a Postgres`;

function fail(reason: string): never {
  process.stderr.write(`processor-bench: ${reason}\n${USAGE}\n`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        events: { type: 'string', default: '200000' },
        ids: { type: 'string', default: '1000000,10000000' },
        rounds: { type: 'string', default: '5' },
        'no-postgres': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : '');
  }
}

function amount(name: string, text: string): number {
  return /^[1-9]\d{0,7}$/.test(text)
    ? Number(text)
    : fail(`--${name}: expected a whole number from 1 to 99999999, got ${text}`);
}

const options = readOptions();
if (options.help) {
  process.stdout.write(`${USAGE}\n`);
  process.exit(0);
}
const rounds = amount('rounds', options.rounds);
const sizes = options.ids.split(',').map((size) => amount('ids', size));
const records = blocksOf(amount('events', options.events));

/** Of one event that is counted without anything besides; all else is told as so many of it. */
let unit: number | undefined;
function show({ name, ns, note = '' }: Figure): void {
  unit ??= ns;
  const figures = [`${ns.toFixed(0)} ns`.padStart(10), `× ${(ns / unit).toFixed(2)}`.padStart(9)];
  process.stdout.write(`${name.padEnd(44)}${figures.join('')}  ${note}\n`);
}

const [plain, ...others] = Object.keys(KINDS) as (keyof typeof KINDS)[];
if (plain === undefined) throw new Error('expected kinds of events');
for (const kind of [plain, ...others]) show(await countFigure(records, kind, rounds));
show(await decodeFigure(records, rounds));
for (const size of sizes) for (const figure of await windowFigures(size, rounds)) show(figure);
for (const kind of [plain, '3 dimensions', 'different values'] as const)
  show(await encodeFigure(records, kind, rounds));
if (!options['no-postgres'])
  for (const kind of [plain, '3 dimensions'] as const)
    for (const figure of await applyFigures(records, kind, rounds)) show(figure);
