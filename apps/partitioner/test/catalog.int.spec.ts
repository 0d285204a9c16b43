import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, makeGenericClientConstructor, type ServiceDefinition } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  catalogKey,
  catalogTopic,
  decodeBlock,
  decodeCatalogChange,
  encodeCatalogFields,
  ENTRY_HEADER_BYTES,
  packageDefinition,
  writeEntryHeader,
  type partitioner,
} from '@tally/contracts';
import { kafkaConfig, LogAdmin, LogReader } from '@tally/log-client';
import { fingerprintOf, parseEventsTopic, TOPICS_NODE } from '@tally/placement';
import { parseConfig, startService, type Logger } from '@tally/service-kit';
import {
  eventually,
  freePort,
  keepLikeAShard,
  startPartitionLog,
  startZooKeeper,
} from '@tally/testing';
import { ConfigNode, ZooKeeperSession } from '@tally/zookeeper';
import { AppModule } from '../src/app.module.js';
import { settings, type PartitionerConfig } from '../src/config.js';

jest.setTimeout(60_000);

const SERVICE = 'tally.partitioner.v1.PartitionerService';
const SILENT = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Logger;
const Client = makeGenericClientConstructor(
  packageDefinition()[SERVICE] as ServiceDefinition,
  SERVICE,
);
const READ = { maxBytes: 1 << 20, maxWaitMs: 0 };

interface Partitioner {
  put(key: Buffer, value?: Buffer): Promise<partitioner.PutCatalogEntryResponse>;
  append(id: string, catalogPosition?: bigint): Promise<partitioner.AppendResponse>;
}

describe('a partitioner', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tally-catalog-'));
  const closes: (() => Promise<unknown> | void)[] = [];
  let config: (more: Readonly<Record<string, string>>) => PartitionerConfig;
  let session: ZooKeeperSession;

  beforeAll(async () => {
    const zookeeper = await startZooKeeper({ dir: join(dir, 'zookeeper'), tickTimeMs: 200 });
    closes.push(() => zookeeper.process.stop());
    const log = await startPartitionLog({ dir, zookeeper: zookeeper.connectString });
    closes.push(() => log.process.stop());
    session = new ZooKeeperSession({
      connect: zookeeper.connectString,
      sessionTimeoutMs: 4000,
      logger: SILENT,
    }).start();
    closes.push(() => session.close());
    await session.whenConnected(10_000);
    await keepLikeAShard(session, '0123456789abcdef');
    config = (more) => {
      const loaded = parseConfig(settings, {
        TALLY_ZOOKEEPER: zookeeper.connectString,
        TALLY_ZOOKEEPER_SESSION_MS: '4000',
        KAFKA_BROKERS: log.broker,
        TALLY_LOG_TIMEOUT_MS: '1000',
        TALLY_LOG_LEVEL: 'error',
        TALLY_PARTITIONS: '1',
        TALLY_ADMIN_PORT: '1',
        TALLY_GRPC_PORT: '2',
        ...more,
      });
      if (loaded.kind === 'invalid') throw new Error(loaded.problems.join('; '));
      return loaded.config;
    };
  });
  afterAll(async () => {
    for (const close of closes.reverse()) await close();
    rmSync(dir, { recursive: true, force: true });
  });

  async function start(): Promise<Partitioner> {
    const [adminPort, grpcPort] = [await freePort(), await freePort()];
    const own = config({
      TALLY_ADMIN_PORT: String(adminPort),
      TALLY_GRPC_PORT: String(grpcPort),
      TALLY_INSTANCE: `partitioner-${adminPort}`,
    });
    const root = AppModule.with(own);
    const grpc = { port: grpcPort, packages: ['tally.partitioner.v1'] };
    const lifecycle = await startService({ name: 'partitioner', config: own, root, grpc });
    closes.push(() => lifecycle.drain());
    await eventually('the partitioner is ready', async () => {
      const { status } = await fetch(`http://127.0.0.1:${adminPort}/health/ready`);
      return status === 200;
    });
    const client = new Client(`127.0.0.1:${grpcPort}`, credentials.createInsecure());
    closes.push(() => client.close());
    const call = <Answer>(method: string, request: object) =>
      new Promise<Answer>((resolve, reject) => {
        const ask = client[method]?.bind(client) as (
          request: object,
          done: (error: Error | null, answer: Answer) => void,
        ) => void;
        ask(request, (error, answer) => (error === null ? resolve(answer) : reject(error)));
      });
    return {
      put: (key, value) => call('PutCatalogEntry', { key, value }),
      append: (id, catalogPosition = 0n) => {
        const events = Buffer.alloc(ENTRY_HEADER_BYTES + 1);
        writeEntryHeader(events, 0, 1, fingerprintOf('default', id));
        const meaning = { schemaId: 1, registryVersion: 7 };
        const said = { ...meaning, count: 1, events, catalogPosition: String(catalogPosition) };
        return call('Append', said);
      },
    };
  }

  it('makes the catalogue at the first entry, and its blocks name what was put by anybody', async () => {
    const one = await start();
    const other = await start();
    const node = new ConfigNode({ session, path: TOPICS_NODE, parse: parseEventsTopic });
    const topic = (await node.read())?.value.name ?? '';
    const kafka = kafkaConfig(config({}), undefined);
    const admin = new LogAdmin(kafka, SILENT);
    const reader = new LogReader(kafka);
    closes.push(
      () => admin.close(),
      () => reader.close(),
    );
    const read = async (name: string) => {
      const [partition] = await reader.read(name, new Map([[0, 0n]]), READ);
      return partition?.records ?? [];
    };
    const catalog = catalogTopic(topic);

    await one.append('a');
    await expect(one.put(Buffer.from('no key'))).rejects.toThrow('its key');
    expect(await admin.hasTopic(catalog)).toBe(false);

    const key = catalogKey('default', 'video-42');
    const fields = { owner: 'ann' };
    expect(await one.put(key, encodeCatalogFields(fields))).toEqual({ position: '1' });
    await one.append('b');
    expect(await one.put(key)).toEqual({ position: '2' });
    // It has not looked for a while, and is told what its caller knows; of what nobody has, never.
    await other.append('c', 2n);
    await other.append('d', 1n << 50n);

    const entries = await read(catalog);
    expect(entries.map((record) => decodeCatalogChange(record.key, record.value))).toMatchObject([
      { subject: 'video-42', fields },
      { subject: 'video-42', fields: undefined },
    ]);
    const positions = (await read(topic)).map(({ value }) => {
      const block = decodeBlock(value ?? Buffer.alloc(0));
      return block.kind === 'block' ? block.catalogPosition : undefined;
    });
    expect(positions).toEqual([0n, 1n, 2n, 2n]);
  });
});
