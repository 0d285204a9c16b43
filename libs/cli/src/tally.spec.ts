import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { runTally } from './tally.js';
import type { Source } from './verb.js';

const run = (...args: string[]) => runWith(Readable.from([]), args);

async function runWith(stdin: Source, args: readonly string[]) {
  const written = { out: '', screen: '' };
  const code = await runTally(args, {
    env: {},
    out: { write: (text) => (written.out += text) },
    screen: { write: (text) => (written.screen += text) },
    stdin,
    home: '/nowhere',
  });
  return { code, ...written };
}

describe('tally', () => {
  it('lists its verbs when it is asked to', async () => {
    expect(await run('--help')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^ {2}import {5}\S/m),
    });
  });

  it.each([[[]], [['improt']]])('says what it can do for %j, and exits with 2', async (args) => {
    const { code, screen, out } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(screen).toContain('tally: expected a verb');
    expect(screen).toContain('  import ');
  });

  it('hands the rest of the line to the verb', async () => {
    expect(await run('import', '--help')).toMatchObject({
      code: 0,
      out: expect.stringContaining('usage: tally import'),
    });
    expect(await run('import', '--colour')).toMatchObject({
      code: 2,
      screen: expect.stringContaining('import: '),
    });
  });

  it('says at a terminal what an import without a file waits for, and reads a pipe without a word', async () => {
    const typed = () => Readable.from([Buffer.from('{"subject":"a"}\n')]);
    const screen = 'import: no FILE is named, so lines are read from this terminal up to Ctrl-D';
    const line = ['import', '--dry-run'];
    const atTerminal = await runWith(Object.assign(typed(), { isTTY: true }), line);
    expect(atTerminal).toMatchObject({ code: 0, screen: expect.stringContaining(screen) });
    const fromPipe = await runWith(typed(), line);
    expect(fromPipe.screen).not.toContain('terminal');
    expect(fromPipe.out).toBe(atTerminal.out);
    expect(fromPipe.out).toContain('"subject":"a"');
  });
});
