import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  CURRENT_SCHEMA_ID,
  DEFAULT_EVENT_TYPE,
  encodeEvent,
  ENTRY_HEADER_BYTES,
  expiryBounds,
  isVoid,
  readEntries,
  SECOND_MS,
  writeEntryHeader,
  type Fate,
} from '@tally/contracts';
import {
  CatalogHistory,
  PartitionCounter,
  readBlock,
  SeriesTable,
  ShardDelta,
} from '@tally/counting';
import { AppendClient, GroupReader, LogAdmin, type ReadRecord } from '@tally/log-client';
import { fingerprintOf, partitionBlocks, ShardMap } from '@tally/placement';
import type { Logger } from '@tally/service-kit';
import {
  eventually,
  freePort,
  startPartitionLog,
  startZooKeeper,
  TcpProxy,
  type PartitionLogServer,
  type ZooKeeperServer,
} from '@tally/testing';

jest.setTimeout(120_000);

const SILENT = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Logger;
const TOPIC = 'events-0123456789abcdef';
const DEDUP_WINDOW_MS = 6 * SECOND_MS;
const BOUNDS = expiryBounds(DEDUP_WINDOW_MS);
const ROOT = join(import.meta.dirname, '../../..');

const dir = mkdtempSync(join(tmpdir(), 'tally-outlived-'));
let zookeeper: ZooKeeperServer;
let log: PartitionLogServer;
let proxy: TcpProxy;
let writer: ChildProcess;
const kafka = () => ({
  brokers: [proxy.connectString],
  clientId: 'test',
  requestTimeoutMs: 2000,
});

beforeAll(async () => {
  const compiler = join(ROOT, 'node_modules/typescript7/bin/tsc');
  execFileSync(process.execPath, [compiler, '-b', join(ROOT, 'libs/log-client')]);
  zookeeper = await startZooKeeper({ dir: join(dir, 'zookeeper') });
  const port = await freePort();
  proxy = await TcpProxy.start(port);
  log = await startPartitionLog({
    dir,
    port,
    zookeeper: zookeeper.connectString,
    env: { TALLY_KAFKA_ADVERTISED_PORT: String(proxy.port) },
  });
  const admin = new LogAdmin(kafka(), SILENT);
  await admin.createTopic(TOPIC, 1);
  await admin.close();
  const program = join(import.meta.dirname, 'support/append-process.mjs');
  writer = fork(program, [proxy.connectString, TOPIC], { execArgv: [] });
}, 120_000);
afterAll(async () => {
  writer.kill('SIGKILL');
  await log.process.stop();
  await proxy.stop();
  await zookeeper.process.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** The block of one event that arrives now. */
function blockOf(id: string): { readonly value: Buffer; readonly notAfterMs: number } {
  const entry = Buffer.alloc(512);
  const rest = { project: 'default', type: 'view', subject: 's', time: 0, value: null };
  const event = { id, attributes: {}, timeAssigned: false, ...rest };
  const end = encodeEvent(event, entry, ENTRY_HEADER_BYTES);
  writeEntryHeader(entry, 0, end - ENTRY_HEADER_BYTES, fingerprintOf('default', id));
  const bytes = entry.subarray(0, end);
  const entries = readEntries(bytes, 1);
  if (entries.kind !== 'entries') throw new Error(entries.reason);
  const notAfterMs = Date.now() + BOUNDS.leadMs;
  const terms = { schemaId: CURRENT_SCHEMA_ID, registryVersion: 0, notAfterMs };
  const [block] = partitionBlocks([{ bytes, entries }], 1, terms);
  if (block === undefined) throw new Error('expected a block');
  return { value: block.record, notAfterMs };
}

async function writerAppends(value: Buffer): Promise<number> {
  const answer = once(writer, 'message');
  writer.send(value.toString('base64'));
  return appendTimeIn(await answer);
}

function appendTimeIn([message]: readonly unknown[]): number {
  const { appendMs, failure } = message as {
    readonly appendMs?: number;
    readonly failure?: string;
  };
  if (appendMs === undefined) throw new Error(`the writer failed: ${failure}`);
  return appendMs;
}

/** Bytes of records that are on the disk, by what the log itself says. */
async function durableBytes(): Promise<number> {
  const text = await (await fetch(`${log.admin}/metrics`)).text();
  const sample = text.split('\n').find((line) => line.startsWith('tally_log_append_bytes_total{'));
  return Number(sample?.split(' ').at(-1) ?? 0);
}

async function recordsOfLog(count: number): Promise<ReadRecord[]> {
  const read: ReadRecord[] = [];
  const reader = new GroupReader({
    kafka: kafka(),
    logger: SILENT,
    groupId: 'outlived-append',
    topic: TOPIC,
    sessionTimeoutMs: 3000,
    maxWaitMs: 50,
    minBytes: 1,
    maxBytesPerPartition: 1 << 20,
    onAssigned: (assignment) => assignment.readFrom(0, 0n),
    onRecords: async (_, __, records) => void read.push(...records),
    onSkipped: () => undefined,
    onDamaged: () => undefined,
    onRestart: () => undefined,
    onGivenUp: () => undefined,
  });
  await reader.start();
  await eventually('all records are read', () => read.length >= count);
  await reader.stop();
  return read;
}

/** How many events had which fate; `expires` false: the control, which reads no block's time. */
function counted(records: readonly ReadRecord[], expires: boolean): Partial<Record<Fate, number>> {
  const shardMap = ShardMap.even(1);
  const series = new SeriesTable(shardMap, 100);
  const rules = {
    shardMap,
    series,
    definition: () => DEFAULT_EVENT_TYPE,
    catalog: new CatalogHistory(),
  };
  const counter = new PartitionCounter(0, DEDUP_WINDOW_MS, new Map(), rules);
  const delta = new ShardDelta(TOPIC, series);
  for (const record of records) {
    const read = readBlock(record);
    const { block } = read;
    const blind = block.kind === 'block' ? { ...block, notAfterMs: undefined } : block;
    counter.count(expires ? read : { ...read, block: blind }, {
      deltas: new Map([[0, delta]]),
      absent: new Set(),
    });
  }
  const sum = { counted: 0, duplicates: 0, expired: 0 };
  for (const entry of delta.toMessage().ledger) {
    sum.counted += Number(entry.counted);
    sum.duplicates += Number(entry.duplicates);
    sum.expired += Number(entry.expired);
  }
  return sum;
}

describe('an append whose writer stands still for longer than the dedup window', () => {
  it('is in the log again when it goes on, and counts once all the same', async () => {
    // It connects with the first.
    await writerAppends(blockOf('before').value);
    const original = blockOf('event');
    const before = await durableBytes();
    proxy.holdAnswers();
    const late = once(writer, 'message');
    writer.send(original.value.toString('base64'));
    await eventually('the log has it', async () => (await durableBytes()) > before);
    writer.kill('SIGSTOP');
    // The answer is lost on its way.
    proxy.cut();

    const retry = new AppendClient(kafka(), SILENT);
    const again = blockOf('event');
    const [acknowledged] = await retry.append(TOPIC, [{ partition: 0, value: again.value }], {});
    await retry.close();
    const retriedMs = acknowledged?.appendMs ?? 0;
    expect(isVoid(again.notAfterMs, retriedMs, BOUNDS)).toBe(false);
    await eventually(
      'the window is over',
      () => Date.now() > retriedMs + DEDUP_WINDOW_MS + SECOND_MS,
    );
    writer.kill('SIGCONT');
    const lateMs = appendTimeIn(await late);
    expect(lateMs).toBeGreaterThan(retriedMs + DEDUP_WINDOW_MS);
    // The partitioner would not acknowledge it.
    expect(isVoid(original.notAfterMs, lateMs, BOUNDS)).toBe(true);

    const [, ...records] = await recordsOfLog(4);
    expect(counted(records, true)).toEqual({ counted: 1, duplicates: 1, expired: 1 });
    expect(counted(records, false)).toEqual({ counted: 2, duplicates: 1, expired: 0 });
  });
});
