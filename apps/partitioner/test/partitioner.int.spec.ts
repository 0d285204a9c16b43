import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  credentials,
  makeGenericClientConstructor,
  Metadata,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import {
  CODE_TRAILER,
  decodeBlock,
  ENTRY_HEADER_BYTES,
  packageDefinition,
  readEntries,
  writeEntryHeader,
  type LogRecord,
  type partitioner,
} from '@tally/contracts';
import { GroupReader, kafkaConfig, LogAdmin } from '@tally/log-client';
import {
  fingerprintOf,
  INSTALLATION_NODE,
  newInstallation,
  parseEventsTopic,
  partitionOf,
  TOPICS_NODE,
  type EventsTopic,
} from '@tally/placement';
import { parseConfig, startService, type Logger } from '@tally/service-kit';
import {
  eventually,
  freePort,
  keepLikeAShard,
  startPartitionLog,
  startZooKeeper,
  type PartitionLogServer,
  type PlayedShard,
  type ZooKeeperServer,
} from '@tally/testing';
import { ConfigNode, ZooKeeperSession } from '@tally/zookeeper';
import { AppModule } from '../src/app.module.js';
import { settings, type PartitionerConfig } from '../src/config.js';

jest.setTimeout(60_000);

const ID = '0123456789abcdef';
const SERVICE = 'tally.partitioner.v1.PartitionerService';
const SILENT = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Logger;
const Client = makeGenericClientConstructor(
  packageDefinition()[SERVICE] as ServiceDefinition,
  SERVICE,
);

interface Append {
  readonly arrivedMs?: string;
  readonly schemaId: number;
  readonly registryVersion: number;
  readonly count: number;
  readonly events: Buffer;
}

/** What a gateway sends: each event is its id here, for nobody on the way decodes it. */
function appendOf(ids: readonly string[], registryVersion = 7): Append {
  const entries = ids.map((id) => {
    const entry = Buffer.alloc(ENTRY_HEADER_BYTES + id.length);
    writeEntryHeader(entry, 0, id.length, fingerprintOf('default', id));
    entry.write(id, ENTRY_HEADER_BYTES);
    return entry;
  });
  return { schemaId: 1, registryVersion, count: ids.length, events: Buffer.concat(entries) };
}

function idsIn({ value }: LogRecord): { readonly version: number; readonly ids: string[] } {
  const block = decodeBlock(value ?? Buffer.alloc(0));
  if (block.kind !== 'block') throw new Error(block.reason);
  const entries = readEntries(block.body, block.count);
  if (entries.kind !== 'entries') throw new Error(entries.reason);
  const ids = Array.from({ length: block.count }, (_, index) =>
    block.body.toString(
      'utf8',
      (entries.starts[index] ?? 0) + ENTRY_HEADER_BYTES,
      entries.starts[index + 1],
    ),
  );
  return { version: block.registryVersion, ids };
}

describe('a partitioner', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tally-partitioner-'));
  let zookeeper: ZooKeeperServer;
  let log: PartitionLogServer;
  let session: ZooKeeperSession;
  let shard: PlayedShard;
  let topicNode: ConfigNode<EventsTopic>;
  let admin: LogAdmin;
  const closes: (() => Promise<unknown> | void)[] = [];

  beforeAll(async () => {
    zookeeper = await startZooKeeper({ dir: join(dir, 'zookeeper'), tickTimeMs: 200 });
    log = await startPartitionLog({ dir, zookeeper: zookeeper.connectString });
    session = new ZooKeeperSession({
      connect: zookeeper.connectString,
      sessionTimeoutMs: 4000,
      logger: SILENT,
    }).start();
    await session.whenConnected(10_000);
    shard = await keepLikeAShard(session, ID);
    topicNode = new ConfigNode({ session, path: TOPICS_NODE, parse: parseEventsTopic });
    admin = new LogAdmin(kafkaConfig(config(1, 2), undefined), SILENT);
  });
  afterAll(async () => {
    await admin.close();
    await session.close();
    await log.process.stop();
    await zookeeper.process.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  beforeEach(() => session.delete(TOPICS_NODE));
  afterEach(async () => {
    for (const close of closes.splice(0).reverse()) await close();
  });

  function config(adminPort: number, grpcPort: number, more = {}): PartitionerConfig {
    const loaded = parseConfig(settings, {
      TALLY_ZOOKEEPER: zookeeper.connectString,
      TALLY_ZOOKEEPER_SESSION_MS: '4000',
      KAFKA_BROKERS: log.broker,
      TALLY_LOG_TIMEOUT_MS: '1000',
      TALLY_LOG_LEVEL: 'error',
      TALLY_ADMIN_PORT: String(adminPort),
      TALLY_GRPC_PORT: String(grpcPort),
      TALLY_INSTANCE: `partitioner-${adminPort}`,
      TALLY_PARTITIONS: '4',
      ...more,
    });
    if (loaded.kind === 'invalid') throw new Error(loaded.problems.join('; '));
    return loaded.config;
  }

  async function start(more: Readonly<Record<string, string>> = {}) {
    const adminPort = await freePort();
    const grpcPort = await freePort();
    const lifecycle = await startService({
      name: 'partitioner',
      config: config(adminPort, grpcPort, more),
      root: AppModule.with(config(adminPort, grpcPort, more)),
      grpc: { port: grpcPort, packages: ['tally.partitioner.v1'] },
    });
    closes.push(() => lifecycle.drain());
    const client = new Client(`127.0.0.1:${grpcPort}`, credentials.createInsecure());
    closes.push(() => client.close());
    const append = (request: Append) =>
      new Promise<partitioner.AppendResponse>((resolve, reject) => {
        const call = client['Append']?.bind(client) as (
          ...args: [
            Append,
            Metadata,
            object,
            (error: ServiceError | null, answer: partitioner.AppendResponse) => void,
          ]
        ) => void;
        call(request, new Metadata(), { deadline: Date.now() + 30_000 }, (error, answer) =>
          error === null ? resolve(answer) : reject(error),
        );
      });
    const health = async () => {
      const answer = await fetch(`http://127.0.0.1:${adminPort}/health/ready`);
      return { status: answer.status, text: await answer.text() };
    };
    const untilReady = () =>
      eventually('the partitioner is ready', async () => (await health()).status === 200);
    return { append, health, untilReady };
  }

  /** All records of the topic, by partition. */
  async function readAll({ name, partitions }: EventsTopic): Promise<Map<number, LogRecord[]>> {
    const bounds = await admin.bounds(name);
    const read = new Map<number, LogRecord[]>();
    for (let partition = 0; partition < partitions; partition++) read.set(partition, []);
    const reader = new GroupReader({
      kafka: kafkaConfig(config(1, 2), undefined),
      logger: SILENT,
      groupId: `read-${name}`,
      topic: name,
      sessionTimeoutMs: 3000,
      maxWaitMs: 50,
      minBytes: 1,
      maxBytesPerPartition: 1 << 20,
      onAssigned: (assignment) => {
        for (const partition of assignment.partitions) assignment.readFrom(partition, 0n);
      },
      onRecords: async (_, partition, records) => void read.get(partition)?.push(...records),
      onSkipped: () => undefined,
      onDamaged: () => undefined,
      onRestart: () => undefined,
      onGivenUp: () => undefined,
    });
    await reader.start();
    await eventually('all records are read', () =>
      [...bounds].every(
        ([partition, { high }]) => BigInt(read.get(partition)?.length ?? 0) >= high,
      ),
    );
    await reader.stop();
    return read;
  }

  const currentTopic = async () => {
    const topic = await topicNode.read();
    if (topic === undefined) throw new Error('no topic was named');
    return topic.value;
  };

  it('makes the first topic, and puts each event where the hash of its id says', async () => {
    const { append, untilReady } = await start();
    await untilReady();
    const ids = Array.from({ length: 200 }, (_, number) => `event-${number}`);
    await append(appendOf(ids));
    const topic = await currentTopic();
    expect(topic).toMatchObject({ partitions: 4, dedupWindowMs: 600_000 });
    const read = await readAll(topic);
    const found = [...read].flatMap(([partition, records]) =>
      records.flatMap((record) => {
        const { version, ids: inBlock } = idsIn(record);
        expect(version).toBe(7);
        for (const id of inBlock)
          expect(partitionOf(fingerprintOf('default', id).readUInt32BE(0), 4)).toBe(partition);
        return inBlock;
      }),
    );
    expect(found.sort()).toEqual([...ids].sort());
  });

  it('mixes no versions of the registry in a block when requests gather', async () => {
    const { append, untilReady } = await start({ TALLY_MAX_APPENDS_IN_FLIGHT: '1' });
    await untilReady();
    await Promise.all(
      Array.from({ length: 40 }, (_, number) =>
        append(appendOf([`g-${number}`], number < 20 ? 0 : 1)),
      ),
    );
    const records = [...(await readAll(await currentTopic())).values()].flat().map(idsIn);
    for (const { version, ids } of records)
      for (const id of ids) expect(Number(id.slice(2)) < 20 ? 0 : 1).toBe(version);
    expect(records.flatMap(({ ids }) => ids).length).toBe(40);
    expect(records.length).toBeLessThan(40);
  });

  it('takes the topic that is named already, with its number of partitions', async () => {
    const first = await start();
    await first.untilReady();
    const topic = await currentTopic();
    const second = await start({ TALLY_PARTITIONS: '9' });
    await second.untilReady();
    await second.append(appendOf(['a']));
    expect(await currentTopic()).toEqual(topic);
    expect(
      [...(await readAll(topic)).values()].flat().flatMap((record) => idsIn(record).ids),
    ).toEqual(['a']);
  });

  it('is not ready, and refuses with a code that may be retried, when the named topic is gone', async () => {
    const named = { name: 'events-00000000000000aa', partitions: 4, dedupWindowMs: 600_000 };
    await topicNode.update(() => named);
    const { append, health } = await start();
    await eventually('it says so', async () => (await health()).text.includes('has no topic'));
    const error: unknown = await append(appendOf(['a'])).catch((failure: unknown) => failure);
    expect((error as ServiceError).metadata.get(CODE_TRAILER)).toEqual(['unavailable']);
    expect(await currentTopic()).toEqual(named);
  });

  it('sends nothing to a topic that no shard has noted', async () => {
    shard.pause();
    const { append, health, untilReady } = await start();
    await eventually('it says so', async () =>
      (await health()).text.includes('no shard has noted the topic'),
    );
    await expect(append(appendOf(['a']))).rejects.toThrow('no shard has noted');
    shard.resume();
    await untilReady();
    await append(appendOf(['a']));
  });

  it('makes no topic in a ZooKeeper that came back empty, and goes on when it is restored', async () => {
    const running = await start();
    await running.untilReady();
    const [topic, node] = [await currentTopic(), await session.get(INSTALLATION_NODE)];
    const topics = await admin.eventsTopics();
    await session.delete(INSTALLATION_NODE);
    await session.delete(TOPICS_NODE);
    const restarted = await start();
    await eventually('it says so', async () =>
      (await restarted.health()).text.includes('ZooKeeper came back empty'),
    );
    await expect(restarted.append(appendOf(['a']))).rejects.toThrow('installation');
    // Who knows where events go goes on.
    await running.append(appendOf(['b']));
    expect(await topicNode.read()).toBeUndefined();
    expect(await admin.eventsTopics()).toEqual(topics);
    await topicNode.update(() => topic);
    await session.create(INSTALLATION_NODE, node?.data ?? Buffer.alloc(0));
    await restarted.untilReady();
    await restarted.append(appendOf(['c']));
    expect(await currentTopic()).toEqual(topic);
    const ids = [...(await readAll(topic)).values()].flat().flatMap((record) => idsIn(record).ids);
    expect(ids.sort()).toEqual(['b', 'c']);
  });

  it('makes no topic for a new installation beside those of another', async () => {
    const node = await session.get(INSTALLATION_NODE);
    const topics = await admin.eventsTopics();
    await session.delete(INSTALLATION_NODE);
    const other = newInstallation('ffffffffffffffff');
    await session.create(INSTALLATION_NODE, Buffer.from(JSON.stringify(other)));
    const { health } = await start();
    await eventually('it says so', async () =>
      (await health()).text.includes(`installation ${other.id} is new, but the log has events-`),
    );
    expect(await topicNode.read()).toBeUndefined();
    expect(await admin.eventsTopics()).toEqual(topics);
    for (const close of closes.splice(0).reverse()) await close();
    await session.delete(INSTALLATION_NODE);
    await session.create(INSTALLATION_NODE, node?.data ?? Buffer.alloc(0));
  });

  it('says what time the log has, and acknowledges nothing that was appended too late for it', async () => {
    const { append, untilReady } = await start();
    await untilReady();
    const arrivedMs = String(Date.now() - 600_000);
    // Nobody knows yet what time the log has: it has to be appended to find out.
    const first = await append({ ...appendOf(['void']), arrivedMs });
    expect(first.expired).toBe(true);
    expect(Math.abs(Number(first.logTimeMs) - Date.now())).toBeLessThan(60_000);
    const second = await append({ ...appendOf(['not sent']), arrivedMs });
    expect(second.expired).toBe(true);
    const third = await append({ ...appendOf(['good']), arrivedMs: String(second.logTimeMs) });
    expect(third.expired).toBe(false);
    const records = [...(await readAll(await currentTopic())).values()].flat();
    expect(records.flatMap((record) => idsIn(record).ids).sort()).toEqual(['good', 'void']);
  });

  it('takes nothing while the window is too short for all tries of an append, and says what to change', async () => {
    const { append, health } = await start({ TALLY_DEDUP_WINDOW_MS: '60000' });
    await eventually('it says so', async () =>
      (await health()).text.includes(
        'a dedup window of 60000 ms gives an append 15000 ms, and all its tries together may take 21100 ms: ' +
          'expected a longer window (TALLY_DEDUP_WINDOW_MS, for a new topic) or a shorter TALLY_LOG_TIMEOUT_MS',
      ),
    );
    await expect(append(appendOf(['a']))).rejects.toThrow('a dedup window of 60000 ms');
    expect(await topicNode.read()).toBeUndefined();
  });

  it('acknowledges nothing that the log did not confirm, and goes on when it is back', async () => {
    const { append, health, untilReady } = await start();
    await untilReady();
    await log.process.kill();
    await eventually('it is not ready', async () => {
      const { status, text } = await health();
      return status === 503 && text.includes('"log":{"ok":false');
    });
    const error: unknown = await append(appendOf(['lost'])).catch((failure: unknown) => failure);
    expect((error as ServiceError).metadata.get(CODE_TRAILER)).toEqual(['unavailable']);
    await log.process.start();
    await untilReady();
    await append(appendOf(['kept']));
    const ids = [...(await readAll(await currentTopic())).values()]
      .flat()
      .flatMap((record) => idsIn(record).ids);
    expect(ids).toContain('kept');
  });
});
