import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { append, Folders, makeTopic, openLog, partitionOf } from './support/log-folder.js';
import { contentsOf } from './support/verdict.js';

const folders = new Folders();
afterEach(() => folders.removeAll());

const file = (folder: string, kind: 'log' | 'index') =>
  join(folder, 'topics/t/0', `${'0'.repeat(20)}.${kind}`);

describe('a damaged header in a segment of many batches', () => {
  const COUNT = 900;
  const DAMAGED = 300;
  const many = Array.from({ length: COUNT }, (_, index) => `value ${index} ${'x'.repeat(90)}`);

  /** A log with all of them in one segment, and a second one. */
  async function longSegment() {
    const folder = folders.make();
    const log = await openLog(folder, { segmentBytes: 1 << 20 });
    const [partition = partitionOf(log)] = await makeTopic(log);
    await Promise.all(many.map((value) => append(log, partition, value)));
    await log.endSegment(partition);
    await append(log, partition, 'the next segment');
    await log.close();
    return folder;
  }

  function damageHeader(folder: string): void {
    const at = readFileSync(file(folder, 'log')).indexOf(`value ${DAMAGED} `);
    const header = readFileSync(file(folder, 'log')).lastIndexOf(Buffer.of(0, 0, 0, 0, 2), at);
    // The magic: it is behind an epoch of zeros.
    const bytes = readFileSync(file(folder, 'log'));
    bytes.writeUInt8(0, header + 4);
    writeFileSync(file(folder, 'log'), bytes);
  }

  it.each([
    ['has its index', () => undefined, () => undefined],
    [
      'lost its index before the start',
      (folder: string) => rmSync(file(folder, 'index')),
      () => undefined,
    ],
    [
      'loses its index afterwards',
      () => undefined,
      (folder: string) => rmSync(file(folder, 'index')),
    ],
  ])(
    'takes that batch and no other, where it %s',
    async (_name, before, after) => {
      const folder = await longSegment();
      damageHeader(folder);
      before(folder);
      const log = await openLog(folder, { segmentBytes: 1 << 20 });
      after(folder);
      const { records: whole, damaged } = await contentsOf(partitionOf(log));
      expect(damaged).toMatchObject([{ offset: 300n, endOffset: 301n }]);
      expect(whole.size).toBe(COUNT);
      await log.close();
    },
    30_000,
  );
});
