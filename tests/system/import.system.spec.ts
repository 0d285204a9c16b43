import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readStatsAsOf, type StatsQuestion } from '@tally/client';
import { eventually } from '@tally/testing';
import { ROOT } from '@tally/tools';
import { startPrivateStack, type PrivateStack } from './private-stack.js';

const LINES = 5000;
/** No divisor of ten: every page has events. */
const PAGES = 17;
const COMMAND = join(ROOT, 'tools/import');

interface PageFigures {
  readonly count: number;
  readonly sum: number;
}

/** An access log, one line in ten malformed, and its figures by page: counted while it is made. */
function makeLog(): { readonly text: string; readonly figures: Record<string, PageFigures> } {
  const figures: Record<string, PageFigures> = {};
  const malformed = [
    String.raw`203.0.113.9 - - [10/Oct/2024:13:55:36 +0200] "\x16\x03\x01" 400 226 "-" "-"`,
    'cut in the middl',
    '::1 - - [31/Feb/2024:00:00:00 +0000] "GET /page/1 HTTP/1.1" 200 1 "-" "-"',
  ];
  const lines = Array.from({ length: LINES }, (_, line) => {
    if (line % 10 === 9) return malformed[line % malformed.length];
    const [page, bytes, second] = [`/page/${(line * 7) % PAGES}`, (line * 31) % 1000, line % 60];
    const { count, sum } = figures[page] ?? { count: 0, sum: 0 };
    figures[page] = { count: count + 1, sum: sum + bytes };
    const time = `10/Oct/2024:13:${10 + (line % 50)}:${String(second).padStart(2, '0')} +0200`;
    // Many lines are equal: only their place tells them apart.
    return `2001:db8::${line % 3} - - [${time}] "GET ${page}?a=${line % 2} HTTP/1.1" 200 ${bytes} "-" "Mozilla \\"5\\""`;
  });
  return { text: lines.join('\n'), figures };
}

/** The files of the command's own tests that need no option, and what they count together. */
function readInputs() {
  const folder = join(ROOT, 'libs/cli/test/inputs');
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<
    string,
    { readonly args: readonly string[] } & Record<'count' | 'sum', Record<string, number>>
  >;
  // Those of events bring their types.
  const plain = Object.entries(expected).filter(
    ([name, { args }]) => args.length === 0 && name !== 'events.ndjson',
  );
  const figures: Record<string, PageFigures> = {};
  for (const [, { count, sum }] of plain)
    for (const [subject, number] of Object.entries(count)) {
      const before = figures[subject] ?? { count: 0, sum: 0 };
      figures[subject] = { count: before.count + number, sum: before.sum + (sum[subject] ?? 0) };
    }
  return { files: plain.map(([name]) => join(folder, name)), figures };
}

const inputs = readInputs();
const log = makeLog();
const EVENTS = LINES * 0.9;

let tally: PrivateStack;
beforeAll(async () => {
  tally = await startPrivateStack();
  writeFileSync(file('access.log'), log.text);
  writeFileSync(file('packed'), gzipSync(log.text));
}, 120_000);
afterAll(() => tally.stop(), 60_000);

const file = (name: string) => join(tally.dir, name);

/** Starts the command as a user does. */
function start(...args: string[]) {
  const child = spawn(COMMAND, ['--gateway', tally.addresses.gateway, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TALLY_API_KEY: tally.apiKey, TALLY_HOME: tally.dir },
  });
  let [out, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(child, 'close').then(([code, signal]: unknown[]) => ({
    code,
    signal,
    out,
    errors,
  }));
  return { child, ended };
}

/** By page, in an answer that has everything that was acknowledged until now. */
async function counted(
  type: string,
  subjects = Object.keys(log.figures),
  [from, to] = ['2024-10-01T00:00:00Z', '2024-11-01T00:00:00Z'],
): Promise<Record<string, PageFigures>> {
  const question: StatsQuestion = { type, subjects, functions: ['count', 'sum'], from, to };
  const target = { gateway: tally.addresses.gateway, apiKey: tally.apiKey };
  const { series } = await readStatsAsOf(target, question, Date.now(), 30_000);
  return Object.fromEntries(
    series.map(({ subject, points: [point] }) => [
      subject,
      { count: Number(point?.count ?? 0), sum: Number(point?.sum ?? 0) },
    ]),
  );
}

describe('tools/import', () => {
  it('counts every line of an access log, and tells those that are malformed', async () => {
    const { code, out, errors } = await start('--journal', file('first'), file('access.log')).ended;
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringContaining(
        `${LINES} lines, ${EVENTS} events sent, ${LINES - EVENTS} lines no event, 0 events refused`,
      ),
    });
    expect(errors).toContain('access.log, line 10 is no event: ');
    expect(await counted('view')).toEqual(log.figures);
  }, 60_000);

  it('sends nothing a second time, as the journal knows the lines', async () => {
    const { code, out } = await start('--journal', file('first'), file('packed')).ended;
    expect(code).toBe(0);
    expect(out).toContain('0 events sent');
    expect(out).toContain(`${LINES - 1} lines were in already`);
  }, 60_000);

  it('counts nothing twice without the journal either, as the ids are the same', async () => {
    const { code, out } = await start('--journal', file('second'), file('access.log')).ended;
    expect(code).toBe(0);
    expect(out).toContain(`${EVENTS} events sent`);
    expect(await counted('view')).toEqual(log.figures);
  }, 60_000);

  it('counts a packed file as the plain one', async () => {
    const { code } = await start(
      '--journal',
      file('packed-journal'),
      '--type',
      'hit',
      file('packed'),
    ).ended;
    expect(code).toBe(0);
    expect(await counted('hit')).toEqual(log.figures);
  }, 60_000);

  it('counts the lines of another source again, as their ids are others', async () => {
    const args = ['--journal', file('other-journal'), '--type', 'hit', '--source', 'other'];
    expect((await start(...args, file('access.log')).ended).code).toBe(0);
    const twice = Object.entries(log.figures).map(([page, { count, sum }]) => [
      page,
      { count: 2 * count, sum: 2 * sum },
    ]);
    expect(await counted('hit')).toEqual(Object.fromEntries(twice));
  }, 60_000);

  it('goes on after it was killed in the middle, and counts every line once', async () => {
    const journal = file('killed');
    const args = ['--journal', journal, '--type', 'killed', '--batch', '20', '--connections', '2'];
    const { child, ended } = start(...args, file('access.log'));
    await eventually('some batches were acknowledged', () => {
      const text = existsSync(journal) ? readFileSync(journal, 'utf8') : '';
      return text.split('"acknowledged"').length > 10;
    });
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
    const { code, out } = await start(...args, file('access.log')).ended;
    expect(code).toBe(0);
    const [, sent, before] =
      /(\d+) events sent.*; (\d+) lines were in/.exec(out)?.map(Number) ?? [];
    // It was the middle: both runs had something to do.
    expect(before).toBeGreaterThan(0);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(EVENTS);
    expect(await counted('killed')).toEqual(log.figures);
  }, 60_000);

  it('counts files of every format as their owners would, and once', async () => {
    const { files, figures } = inputs;
    const args = ['--type', 'inputs', ...files];
    for (const sent of [/ [1-9]\d* events sent/g, / 0 events sent/g]) {
      const { code, out } = await start(...args).ended;
      expect(code).toBe(0);
      expect(out.match(sent)).toHaveLength(files.length);
      const month: [string, string] = ['2026-05-01T00:00:00Z', '2026-06-01T00:00:00Z'];
      expect(await counted('inputs', Object.keys(figures), month)).toEqual(figures);
    }
  }, 60_000);
});
