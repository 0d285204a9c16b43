import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LineSet } from '@tally/client/journal';
import { parseCommand, type Options } from './options.js';
import { Progress } from './progress.js';

let dir: string;
let addresses: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'tally-import-'));
  addresses = join(dir, 'addresses.json');
  writeFileSync(addresses, '{"gateway":"http://127.0.0.1:8081"}');
});
afterAll(() => rmSync(dir, { recursive: true }));

const parse = (args: readonly string[], env = {}, file = addresses) =>
  parseCommand(args, env, file);
function optionsOf(...given: Parameters<typeof parse>): Options {
  const command = parse(...given);
  if (command.kind !== 'import') throw new Error(JSON.stringify(command));
  return command.options;
}

describe('the command line', () => {
  it('needs nothing: stdin goes to the Tally of this clone', () => {
    expect(optionsOf([])).toMatchObject({
      inputs: ['-'],
      format: undefined,
      type: 'view',
      gateway: 'http://127.0.0.1:8081',
      batchEvents: 1000,
      connections: 4,
    });
  });

  it('says what it is told', () => {
    const text = 'a b --format csv --type hit --map subject=url --zone +02:00 --batch 10000';
    const more = '--connections 32 --gateway http://x:1/ --source web-1 --keep-query --again';
    expect(optionsOf(`${text} ${more}`.split(' '), { TALLY_API_KEY: 'key' })).toMatchObject({
      inputs: ['a', 'b'],
      format: 'csv',
      type: 'hit',
      mapping: new Map([['subject', 'url']]),
      zone: '+02:00',
      batchEvents: 10_000,
      connections: 32,
      gateway: 'http://x:1',
      gatewayName: 'http://x:1',
      apiKey: 'key',
      source: 'web-1',
      keepQuery: true,
      isAgain: true,
    });
  });

  it('takes the gateway from the environment before that of the clone', () => {
    expect(optionsOf([], { TALLY_GATEWAY: 'http://y' }).gateway).toBe('http://y');
    expect(optionsOf(['--gateway', 'http://x'], { TALLY_GATEWAY: 'http://y' }).gateway).toBe(
      'http://x',
    );
  });

  it('names the Tally of the clone the same on every port', () => {
    const { gatewayName } = optionsOf([]);
    const other = join(dir, 'other.json');
    writeFileSync(other, '{"gateway":"http://127.0.0.1:9999"}');
    expect(optionsOf([], {}, other)).toMatchObject({
      gateway: 'http://127.0.0.1:9999',
      gatewayName,
    });
  });

  it.each([
    [['--bogus'], '--bogus'],
    [['--format', 'xml'], '--format'],
    [['--type', 'View'], '--type'],
    [['--map', 'value=b'], '--map'],
    [['--zone', 'CET'], '--zone'],
    [['--batch', '0'], '--batch'],
    [['--batch', '10001'], '--batch'],
    [['--connections', '33'], '--connections'],
    [['--gateway', 'localhost:80'], '--gateway'],
    [['--journal', 'j', 'a', 'b'], '--journal'],
    [['-', '-'], 'stdin'],
  ])('%j is wrong usage', (args, problem) => {
    expect(parse(args)).toMatchObject({ kind: 'wrong', problem: expect.stringContaining(problem) });
  });

  it('needs a Tally, but for a dry run', () => {
    const none = join(dir, 'none.json');
    expect(parse([], {}, none)).toMatchObject({ kind: 'wrong' });
    expect(parse(['--dry-run'], {}, none)).toMatchObject({ kind: 'import' });
    expect(parse(['--help'], {}, none)).toEqual({ kind: 'help' });
  });
});

describe('progress', () => {
  const figures = {
    lines: 50,
    sent: 40,
    before: 5,
    unreadable: 3,
    rejected: 2,
    doubtful: LineSet.of([[7, 9]]),
  };
  const show = (isTTY: boolean) => {
    const written: string[] = [];
    let now = 0;
    const screen = { isTTY, columns: 200, write: (text: string) => written.push(text) };
    const progress = new Progress('a.log', screen, () => now);
    return { written, progress, pass: (ms: number) => (now += ms) };
  };

  it('is a bar on a terminal, which every other line replaces', () => {
    const { written, progress, pass } = show(true);
    progress.show(figures, 0.5);
    expect(written).toEqual([]);
    pass(1000);
    progress.show(figures, 0.5);
    progress.say('a word');
    expect(written).toEqual([
      '\r\u001b[K[############............] 50 %, 40 events/s, 50 lines, 40 events sent, 3 lines no event, 2 events refused',
      '\r\u001b[Ka word\n',
    ]);
  });

  it('is a plain line now and then elsewhere', () => {
    const { written, progress, pass } = show(false);
    for (let second = 0; second < 12; second++) {
      pass(1000);
      progress.show(figures, undefined);
    }
    expect(written).toEqual([
      'a.log: 8 events/s, 50 lines, 40 events sent, 3 lines no event, 2 events refused\n',
      'a.log: 4 events/s, 50 lines, 40 events sent, 3 lines no event, 2 events refused\n',
    ]);
  });

  it('shows the first lines that are no event, and says that there are more', () => {
    const { written, progress } = show(false);
    for (let line = 1; line <= 9; line++) progress.onUnreadable(line, 'why');
    expect(written.length).toBe(6);
    expect(written[4]).toBe('a.log, line 5 is no event: why\n');
    expect(written[5]).toContain('more');
  });

  it('ends with all figures', () => {
    const { progress, pass } = show(false);
    pass(2000);
    expect(progress.summary(figures)).toMatch(
      /^a\.log: 50 lines, 40 events sent, 3 lines no event, 2 events refused; 5 lines were in already; 3 lines are in doubt \(7-9\).*; 2\.0 s, 20 events\/s$/,
    );
  });
});
