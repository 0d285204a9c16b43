import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Attack } from './attack.js';
import { parseCommand } from './command.js';

const dir = mkdtempSync(join(tmpdir(), 'tally-hostile-'));
afterAll(() => rmSync(dir, { recursive: true }));
const file = join(dir, 'addresses.json');
writeFileSync(
  file,
  JSON.stringify({
    gateway: 'http://127.0.0.1:8080',
    kafka: '127.0.0.1:9092',
    zookeeper: '127.0.0.1:2181',
    admin: { gateway: 'http://127.0.0.1:9100' },
  }),
);

function attack(name: string): Attack {
  return {
    name,
    story: 'Something happens.',
    door: 'gateway',
    inflict: async () => ({ evidence: '', problems: [] }),
  };
}
const ALL = [attack('storm'), attack('flood')];
const parse = (...args: string[]) => parseCommand(args, {}, file, ALL);

describe('the command line of tools/hostile', () => {
  it('means the Tally that tools/up started, all attacks and five minutes', () => {
    expect(parse()).toMatchObject({
      kind: 'attack',
      gateway: { host: '127.0.0.1', port: 8080 },
      log: { host: '127.0.0.1', port: 9092 },
      own: { zookeeper: '127.0.0.1:2181', admin: { gateway: { port: 9100 } } },
      attacks: ALL,
      isNamed: false,
      forMs: 300_000,
    });
  });

  it('knows nothing of the processes of another Tally', () => {
    expect(parse('--gateway', 'http://127.0.0.1:7070', '--attack', 'flood')).toMatchObject({
      gateway: { port: 7070 },
      log: undefined,
      own: undefined,
      attacks: [ALL[1]],
      isNamed: true,
    });
  });

  it.each([
    [['--attack', 'flod'], /expected one of storm, flood/],
    [['--minutes', 'ten'], /expected a number above 0/],
    [['--log', 'elsewhere:9092'], /expected 127\.0\.0\.1:PORT/],
    [['--gateway', 'ftp://x'], /--gateway/],
    [['--seed', '1.5'], /--seed/],
    [['--colour'], /colour/],
  ])('says what is wrong with %j', (args, problem) => {
    expect(parse(...args)).toMatchObject({
      kind: 'wrong',
      problem: expect.stringMatching(problem),
    });
  });

  it('says so where no Tally runs', () => {
    expect(parseCommand([], {}, join(dir, 'absent.json'), ALL)).toMatchObject({ kind: 'wrong' });
  });
});
