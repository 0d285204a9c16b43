import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildRecordBatch } from '@tally/kafka-wire';
import { SegmentLog } from '@tally/segment-log';
import { dumpSegment } from './dump.js';

const tools = join(import.meta.dirname, '../..');
const TIME = Date.parse('2026-01-02T03:04:05.006Z');
let folder: string;
let log: SegmentLog;
let segment: string;

/** A running log: one topic, two batches. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tally-log-tools-'));
  log = await SegmentLog.open({
    folder,
    segmentBytes: 1 << 20,
    maxRoundBytes: 1 << 20,
    maxQueuedBytes: 1 << 20,
    markIntervalMs: 1,
    now: () => TIME,
    onFatal: (error) => {
      throw error;
    },
  });
  const made = await log.createTopic({ name: 'views', partitions: 1, configs: {} });
  const partition = made.kind === 'created' ? made.topic.partitions[0] : undefined;
  if (partition === undefined) throw new Error(made.kind);
  for (const values of [['a', 'b'], ['c']]) {
    const records = values.map((value) => ({ key: Buffer.from('k'), value: Buffer.from(value) }));
    await log.append(partition, { bytes: buildRecordBatch(records, 1), stampTime: true });
  }
  segment = join(folder, 'topics/views/0/00000000000000000000.log');
});
afterAll(async () => {
  await log.close();
  rmSync(folder, { recursive: true });
});

async function dumped(options: Partial<Parameters<typeof dumpSegment>[1]> = {}): Promise<string[]> {
  const lines: string[] = [];
  const all = { from: 0n, withRecords: false, asJson: false, ...options };
  for await (const line of dumpSegment(segment, all)) lines.push(line);
  return lines;
}

describe('the dump of a segment', () => {
  it('has a line per batch, and per record where it is asked for', async () => {
    const crc = /CRC [0-9a-f]{8} /;
    expect((await dumped()).map((line) => line.replace(crc, 'CRC … '))).toEqual([
      'at 0: offset 0, 2 records, 79 bytes, 2026-01-02T03:04:05.006Z, codec none, CRC … fits',
      'at 79: offset 2, 1 records, 70 bytes, 2026-01-02T03:04:05.006Z, codec none, CRC … fits',
    ]);
    const [, ...records] = await dumped({ withRecords: true });
    expect(records.slice(0, 2)).toEqual(['  0: "k" → "a"', '  1: "k" → "b"']);
    expect(await dumped({ from: 2n })).toHaveLength(1);
  });

  it('is JSON where a program reads it', async () => {
    const [, second = ''] = await dumped({ withRecords: true, asJson: true });
    expect(JSON.parse(second)).toMatchObject({
      kind: 'batch',
      position: 79,
      offset: '2',
      count: 1,
      hasValidCrc: true,
      records: [{ offset: '2', key: 'k', value: 'c' }],
    });
  });
});

describe('tools/log-dump and tools/log-verify', () => {
  it('read the files of a running log, and say what is wrong with a copy', () => {
    const dump = execFileSync(join(tools, 'log-dump'), [folder, '--topic', 'views', '--records']);
    expect(String(dump)).toContain(`${segment}\nat 0: offset 0, 2 records`);
    const verify = execFileSync(join(tools, 'log-verify'), [folder]);
    expect(String(verify)).toBe('3 records of 149 bytes in 1 segments, 0 findings\n');

    const copy = mkdtempSync(join(tmpdir(), 'tally-log-tools-'));
    execFileSync('cp', ['-r', `${folder}/.`, copy]);
    const damaged = segment.replace(folder, copy);
    const bytes = readFileSync(damaged);
    bytes.writeUInt8(bytes.readUInt8(70) ^ 1, 70);
    writeFileSync(damaged, bytes);
    const { status, stdout } = spawnSync(join(tools, 'log-verify'), [copy], { encoding: 'utf8' });
    expect(stdout).toContain(`${damaged}: records 0 to 1 cannot be read`);
    expect(status).toBe(1);
    const shown = execFileSync(join(tools, 'log-dump'), [damaged], { encoding: 'utf8' });
    expect(shown).toContain('DOES NOT FIT');
    rmSync(copy, { recursive: true });
  }, 60_000);

  it('explain themselves when they are called wrongly', () => {
    for (const [tool, args] of [
      ['log-dump', []],
      ['log-dump', [folder, '--from', 'x']],
      ['log-verify', ['nowhere']],
    ] as const) {
      const { status, stderr } = spawnSync(join(tools, tool), args, { encoding: 'utf8' });
      expect(stderr).toContain(`usage: tools/${tool}`);
      expect(status).toBe(2);
    }
  }, 60_000);

  it('end without a word when their reader has seen enough', () => {
    const untilRead = 'exec 3> >(exit); wait $!; "$@" >&3';
    for (const tool of ['log-dump', 'log-verify']) {
      const args = ['-c', untilRead, tool, join(tools, tool), folder];
      const { status, stderr } = spawnSync('bash', args, { encoding: 'utf8' });
      expect([tool, status, stderr]).toEqual([tool, 141, '']);
    }
  }, 60_000);
});
