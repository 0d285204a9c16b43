import { describe, expect, it } from '@jest/globals';
import { runTally } from './tally.js';

async function run(...args: string[]) {
  const written = { out: '', screen: '' };
  const code = await runTally(args, {
    env: {},
    out: { write: (text) => (written.out += text) },
    screen: { write: (text) => (written.screen += text) },
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
});
