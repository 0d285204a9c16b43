import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { build } from 'esbuild';

// Processes start as fast as the machine lets them.
jest.setTimeout(60_000);

const dir = mkdtempSync(join(tmpdir(), 'tally-start-'));
const main = join(dir, 'main.js');
const service = join(dir, 'service.cjs');
const cacheFile = join(dir, 'service.cache');
const SOURCE = `
  const name: string = 'part';
  function greet(word: string) {
    if (word === '') throw new Error('expected a word, got none');
    return word + ', ' + name;
  }
  setImmediate(() => {
    const rejected = Reflect.get(globalThis, Symbol.for('tally.cacheRejected'));
    const { stack } = (() => { try { greet(''); } catch (error) { return error; } })();
    console.log(JSON.stringify({ said: greet('hello'), cache: rejected === undefined ? 'none' : rejected ? 'refused' : 'used', stack }));
  });
`;
let cache: Buffer;

beforeAll(async () => {
  copyFileSync(join(import.meta.dirname, '../../start.mjs'), main);
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
  writeFileSync(join(dir, 'source.ts'), SOURCE);
  await build({
    entryPoints: [join(dir, 'source.ts')],
    outfile: service,
    format: 'cjs',
    banner: { js: '(function (exports, require, module, __filename, __dirname) {' },
    footer: { js: '})' },
  });
  const child = fork(main, ['--make-cache'], { execArgv: [], silent: true });
  await once(child.stdout ?? child, 'data');
  child.send('enough');
  expect(await once(child, 'exit')).toEqual([0, null]);
  cache = readFileSync(cacheFile);
});
beforeEach(() => writeFileSync(cacheFile, cache));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function damaged(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(copy.length - 9) ^ 1, copy.length - 9);
  return copy;
}

function started(...options: string[]): { said: string; cache: string; stack: string } {
  return JSON.parse(execFileSync(process.execPath, [...options, main], { encoding: 'utf8' }));
}

describe('a bundle', () => {
  it('runs what V8 has compiled before', () => {
    expect(started()).toMatchObject({ said: 'hello, part', cache: 'used' });
  });

  it.each([
    ['is missing', () => rmSync(cacheFile)],
    ['is damaged', () => writeFileSync(cacheFile, damaged(cache))],
    ['is cut off', () => writeFileSync(cacheFile, cache.subarray(0, cache.length / 2))],
    ['is empty', () => writeFileSync(cacheFile, '')],
  ])('starts all the same when the cache %s', (_, spoil) => {
    spoil();
    expect(started()).toMatchObject({ said: 'hello, part', cache: 'none' });
  });

  it('starts all the same when the cache is of a V8 with other options', () => {
    expect(started('--no-lazy')).toMatchObject({ said: 'hello, part', cache: 'refused' });
  });

  it('runs its source, not the cache of another one of the same length', () => {
    const source = readFileSync(service, 'latin1');
    writeFileSync(service, source.replace('"part"', '"pint"'), 'latin1');
    expect(started()).toMatchObject({ said: 'hello, pint', cache: 'none' });
    writeFileSync(service, source, 'latin1');
  });

  it('names its sources in stacks', () => {
    const lines = readFileSync(service, 'latin1').split('\n');
    const thrown = lines.findIndex((line) => line.includes('throw new Error'));
    const table = Buffer.alloc(4 + 8 * lines.length, 0xff);
    table.writeUInt32LE(lines.length, 0);
    table.writeUInt32LE(0, 4 + 8 * thrown);
    table.writeUInt32LE(5, 8 + 8 * thrown);
    writeFileSync(join(dir, 'service.lines'), Buffer.concat([table, Buffer.from('["source.ts"]')]));
    const { stack } = started();
    expect(stack).toMatch(/^Error: expected a word, got none\n {4}at greet \(/);
    expect(stack).toContain(`(${join(dir, 'source.ts')}:5)`);
    expect(stack).toContain(`${service}:`);
  });
});
