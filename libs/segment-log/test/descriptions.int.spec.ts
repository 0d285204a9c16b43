import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { append, Folders, makeTopic, openLog, partitionOf, readAll } from './support/log-folder.js';

const folders = new Folders();
afterEach(() => folders.removeAll());

const values = ['a', 'b', 'c'];
const isIn = { kind: 'appended' };

/** A closed log with the topics `t` and `u`, and all values in both. */
async function twoTopics() {
  const folder = folders.make();
  const log = await openLog(folder);
  for (const topic of ['t', 'u']) {
    const [partition = partitionOf(log)] = await makeTopic(log, topic);
    for (const value of values) await append(log, partition, value);
  }
  await log.close();
  return { folder, id: log.id, topicFile: join(folder, 'topics/t/topic.json') };
}

describe('a topic whose description is damaged', () => {
  it.each([
    ['it is rubbish', (file: string) => writeFileSync(file, 'rubbish')],
    ['it is missing', (file: string) => rmSync(file)],
    [
      'a digit changed',
      (file: string) => writeFileSync(file, readFileSync(file, 'utf8').replace(': 1', ': 7')),
    ],
  ])('is closed, and no other; mended it is as it was: %s', async (_name, damage) => {
    const { folder, topicFile } = await twoTopics();
    const before = readFileSync(topicFile);
    damage(topicFile);
    for (const _restart of [1, 2]) {
      const log = await openLog(folder);
      expect(log.closedTopics().map(({ name }) => name)).toEqual(['t']);
      expect(log.closedTopics()[0]?.reason.message).toContain('topic.json is damaged');
      expect([log.topic('t'), log.hasTopic('t')]).toEqual([undefined, true]);
      const wanted = { name: 't', partitions: 1, configs: {} };
      expect(await log.createTopic(wanted)).toEqual({ kind: 'exists' });
      expect(await append(log, partitionOf(log, 'u'), 'more')).toMatchObject(isIn);
      await log.close();
    }
    writeFileSync(topicFile, before);
    // Its mark was kept: what is cut off before it is seen.
    const segment = join(folder, 'topics/t/0/00000000000000000000.log');
    writeFileSync(segment, readFileSync(segment).subarray(0, -1));
    const log = await openLog(folder);
    expect(log.closedTopics()).toEqual([]);
    expect(partitionOf(log).endInDoubt).toContain('were durable');
    expect(await readAll(partitionOf(log, 'u'))).toHaveLength(values.length + 2);
    await log.close();
  });
});

describe('the identity of a log', () => {
  const damages: [string, (file: string) => void][] = [
    ['rubbish', (file) => writeFileSync(file, '{"formatVersion": 1')],
    ['missing', (file) => rmSync(file)],
  ];

  it.each(damages)('that is %s is what the marks name', async (_name, damage) => {
    const { folder, id } = await twoTopics();
    damage(join(folder, 'log.json'));
    const log = await openLog(folder);
    expect([log.id, log.mendedIdentity?.file]).toEqual([id, join(folder, 'log.json')]);
    expect(await readAll(partitionOf(log))).toHaveLength(values.length);
    await log.close();
    const again = await openLog(folder);
    expect([again.id, again.mendedIdentity]).toEqual([id, undefined]);
    await again.close();
  });

  it.each(damages)('that is %s is not made up where there are no marks', async (_name, damage) => {
    const { folder } = await twoTopics();
    damage(join(folder, 'log.json'));
    for (const name of ['marks-0', 'marks-1']) rmSync(join(folder, name));
    await expect(openLog(folder)).rejects.toThrow('log.json is damaged');
  });

  it('of a later version is left as it is', async () => {
    const { folder } = await twoTopics();
    const text = '{"formatVersion":2,"id":"later"}';
    writeFileSync(join(folder, 'log.json'), text);
    await expect(openLog(folder)).rejects.toThrow('expected format version 1, got 2');
    expect(readFileSync(join(folder, 'log.json'), 'utf8')).toBe(text);
  });
});

it('ids of producers go on where no number is in their file', async () => {
  const { folder } = await twoTopics();
  writeFileSync(join(folder, 'producer-ids'), 'rubbish');
  const log = await openLog(folder, { now: () => 5000 });
  expect(await log.newProducerId()).toBe(5_000_000n);
  await log.close();
});
