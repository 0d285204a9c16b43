import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { DiskProbe } from './disk-probe.js';

it('a probe keeps the place that its file has: a full disk could give it no other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tally-disk-probe-'));
  const file = join(folder, 'health');
  writeFileSync(file, Buffer.alloc(16));
  const disk = new DiskProbe(folder);
  await disk.probe();
  expect(readFileSync(file)).toEqual(Buffer.of(0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0));
  await disk.close();
  rmSync(folder, { recursive: true });
});
