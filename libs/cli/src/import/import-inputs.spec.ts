import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startCountingGateway, type Counted } from '../../test/support/counting-gateway.js';
import { runTally } from '../tally.js';

/** What an import of a file in `test/inputs` is to count. */
interface Expected {
  readonly args: readonly string[];
  readonly events: number;
  readonly no_event: number;
  readonly count: Readonly<Record<string, number>>;
  readonly sum: Readonly<Record<string, number>>;
  readonly first: string;
  readonly last: string;
}

const INPUTS = join(import.meta.dirname, '../../test/inputs');
const expected = JSON.parse(readFileSync(join(INPUTS, 'expected.json'), 'utf8')) as Readonly<
  Record<string, Expected>
>;

let gateway: Awaited<ReturnType<typeof startCountingGateway>>;
let home: string;
beforeEach(async () => {
  gateway = await startCountingGateway();
  home = mkdtempSync(join(tmpdir(), 'tally-import-'));
});
afterEach(async () => {
  await gateway.stop();
  rmSync(home, { recursive: true });
});

/** Exit code and summary of an import with this command line. */
async function run(args: readonly string[]): Promise<string> {
  let out = '';
  const code = await runTally(['import', '--gateway', gateway.url, ...args], {
    env: {},
    out: { write: (text) => (out += text) },
    screen: { write: () => undefined },
    stdin: Readable.from([]),
    home,
  });
  return `${code}: ${out}`;
}

function figuresOf(events: readonly Counted[]) {
  const [count, sum]: Record<string, number>[] = [{}, {}];
  for (const { subject, value } of events) {
    if (count) count[subject] = (count[subject] ?? 0) + 1;
    if (sum && value !== undefined) sum[subject] = (sum[subject] ?? 0) + value;
  }
  return { count, sum, first: events.at(0)?.time, last: events.at(-1)?.time };
}

describe('an import of a file', () => {
  it('is tried with every file that there is', () => {
    expect(readdirSync(INPUTS).sort()).toEqual([...Object.keys(expected), 'expected.json'].sort());
  });

  it.each(Object.entries(expected))('%s counts what it says, once', async (file, wanted) => {
    const { args, events, no_event: noEvent, ...figures } = wanted;
    const line = [...args, join(INPUTS, file)];
    const all = `${events} events sent, ${noEvent} lines no event, 0 events refused`;
    expect(await run(line)).toMatch(new RegExp(`^0: .*${all}`));
    expect(figuresOf([...gateway.counted.values()])).toEqual(figures);
    // The journal knows its lines.
    expect(await run(line)).toMatch(/^0: .* 0 events sent/);
    // Without it all are sent, and known by their ids.
    expect(await run(['--again', ...line])).toContain(all);
    expect(gateway.counted.size).toBe(events);
    expect(figuresOf([...gateway.counted.values()])).toEqual(figures);
  });
});
