import {
  appendFileSync,
  copyFileSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { nodeFileSystem, verifyLog } from '../src/index.js';
import { append, Folders, makeTopic, openLog, partitionOf } from './support/log-folder.js';

const folders = new Folders();
afterEach(() => folders.removeAll());

const file = (folder: string, base: number, kind = 'log', partition = 0) =>
  join(folder, `topics/t/${partition}`, `${String(base).padStart(20, '0')}.${kind}`);

/** A closed log of two partitions of twelve records in four segments, of which two records were deleted. */
async function closedLog(): Promise<string> {
  const folder = folders.make();
  const log = await openLog(folder, { segmentBytes: 400 });
  for (const partition of await makeTopic(log, 't', 2)) {
    for (let index = 0; index < 12; index++) {
      await append(log, partition, `${partition.number} ${index} ${'x'.repeat(50)}`);
    }
    await log.deleteRecordsBefore(partition, 2n);
  }
  await log.close();
  return folder;
}

/** Path below the topic, and text, of each finding. */
async function findingsIn(folder: string): Promise<string[]> {
  const findings: string[] = [];
  for await (const { file: path, text } of verifyLog(nodeFileSystem, folder)) {
    findings.push(
      `${path
        .slice(folder.length + 1)
        .replace('topics/t/', '')
        .replace(/0{18}/, '')}: ${text}`,
    );
  }
  return findings;
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
  writeFileSync(path, bytes);
}

describe('verifyLog', () => {
  it('finds nothing in a log that is whole, closed, killed or running', async () => {
    const folder = await closedLog();
    expect(await findingsIn(folder)).toEqual([]);
    const log = await openLog(folder, { segmentBytes: 400 });
    for (let index = 0; index < 5; index++) await append(log, partitionOf(log), `more ${index}`);
    // On its way to the disk.
    appendFileSync(file(folder, 9), Buffer.alloc(20));
    expect(await findingsIn(folder)).toEqual([]);
    expect(await findingsIn(folders.copy(folder))).toEqual([]);
    await log.close();
  });

  it.each<[string, (folder: string) => void, string[]]>([
    [
      'a changed byte in an old segment',
      (folder) => flip(file(folder, 3), 200),
      [
        '0/03.log: record 4 cannot be read: the bytes are not the record batches that were written, bytes 122 to 243',
      ],
    ],
    [
      'a changed byte in the last segment, before the mark',
      (folder) => flip(file(folder, 9), 200),
      [
        '0/09.log: record 10 cannot be read: the bytes are not the record batches that were written, bytes 122 to 244',
      ],
    ],
    [
      'a missing segment',
      (folder) => rmSync(file(folder, 3)),
      ['0/00.log: records 3 to 5 cannot be read: the next segment begins with offset 6'],
    ],
    [
      'a missing last segment',
      (folder) => rmSync(file(folder, 9)),
      ['0/09.log: records 9 to 11 were durable and are missing'],
    ],
    [
      'a segment of another partition',
      (folder) => copyFileSync(file(folder, 3, 'log', 1), file(folder, 3)),
      [
        '0/03.log: records 3 to 5 cannot be read: its index names another first batch, bytes 0 to 365',
      ],
    ],
    [
      'a changed byte in the header of an index',
      (folder) => flip(file(folder, 3, 'index'), 50),
      ['0/03.index: its header is not what was written'],
    ],
    [
      'a changed byte in the entries of an index',
      (folder) => flip(file(folder, 3, 'index'), 100),
      ['0/03.index: its entries are not what was written'],
    ],
    [
      'a log start that was changed',
      (folder) => flip(join(folder, 'topics/t/0/log-start'), 0),
      ['0/log-start: it is not what was written'],
    ],
    [
      'marks that are gone, both of them',
      (folder) => ['marks-0', 'marks-1'].forEach((name) => rmSync(join(folder, name))),
      [
        'marks-0: it is missing, and so is the other one',
        'marks-1: it is missing, and so is the other one',
      ],
    ],
    [
      'a description that was changed',
      (folder) => truncateSync(join(folder, 'topics/t/topic.json'), 20),
      [expect.stringContaining('topic.json: SyntaxError') as unknown as string],
    ],
  ])('finds %s', async (_name, change, expected) => {
    const folder = await closedLog();
    change(folder);
    expect((await findingsIn(folder)).map((text) => text.replace('topics/t/', ''))).toEqual(
      expected,
    );
  });
});
