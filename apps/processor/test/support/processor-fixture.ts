import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CURRENT_SCHEMA_ID,
  deadEventsTopic,
  decodeDeadEvents,
  encodeEvent,
  ENTRY_HEADER_BYTES,
  expiryBounds,
  MINUTE_MS,
  EVENT_TYPES_NODE,
  parseRegistryChange,
  readEntries,
  writeEntryHeader,
  type DeadEvents,
  type Event,
  type RegistryChange,
} from '@tally/contracts';
import { InstanceRegistry } from '@tally/discovery';
import { AppendClient, kafkaConfig, LogAdmin, LogReader } from '@tally/log-client';
import {
  fingerprintOf,
  parseEventsTopic,
  partitionBlocks,
  SHARD_MAP_NODE,
  ShardMap,
  TOPICS_NODE,
  type EventsTopic,
  type ShardMapDocument,
} from '@tally/placement';
import { parseConfig, startService, type Logger } from '@tally/service-kit';
import {
  eventually,
  freePort,
  keepLikeAShard,
  startPartitionLog,
  startZooKeeper,
  type PartitionLogServer,
  type ZooKeeperServer,
} from '@tally/testing';
import { StubService } from '@tally/testing/stub-service';
import { ConfigNode, VersionLog, ZooKeeperSession } from '@tally/zookeeper';
import kafkajs from 'kafkajs';
import { AppModule } from '../../src/app.module.js';
import { settings, type ProcessorConfig } from '../../src/config.js';
import { limitProblems } from '../../src/limits.js';
import type { FakeShards } from './fake-shards.js';

const SILENT = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Logger;

const NO_BOUNDS = { low: 0n, high: 0n };

/** A processor with its own metrics and health. */
export interface RunningProcessor {
  readonly ready: () => Promise<{ readonly status: number; readonly text: string }>;
  /** The value of one sample; 0 when it is not there. */
  readonly metric: (sample: string) => Promise<number>;
  readonly stop: () => Promise<unknown>;
}

/** A real ZooKeeper and a real log; what counts is played by the test, or started beside it. */
export class ProcessorFixture {
  private readonly dir = mkdtempSync(join(tmpdir(), 'tally-processor-'));
  private readonly closes: (() => Promise<unknown>)[] = [];
  private zookeeper: ZooKeeperServer;
  private log: PartitionLogServer;
  private session: ZooKeeperSession;
  private admin: LogAdmin;
  private appender: AppendClient;

  /**
   * @param playsShard Whether an installation is named and kept here, as shards would.
   * @param logEnv Settings of the log.
   */
  async start(playsShard = true, logEnv: Readonly<Record<string, string>> = {}): Promise<this> {
    this.zookeeper = await startZooKeeper({ dir: join(this.dir, 'zookeeper'), tickTimeMs: 200 });
    this.closes.push(() => this.zookeeper.process.stop());
    const zookeeper = this.zookeeper.connectString;
    this.log = await startPartitionLog({ dir: this.dir, zookeeper, env: logEnv });
    this.closes.push(() => this.log.process.stop());
    this.session = new ZooKeeperSession({
      connect: zookeeper,
      sessionTimeoutMs: 4000,
      logger: SILENT,
    }).start();
    this.closes.push(() => this.session.close());
    await this.session.whenConnected(10_000);
    if (playsShard) await keepLikeAShard(this.session);
    const kafka = kafkaConfig(this.config(1), undefined);
    this.admin = new LogAdmin(kafka, SILENT);
    this.closes.push(() => this.admin.close());
    this.appender = new AppendClient(kafka, SILENT);
    this.closes.push(() => this.appender.close());
    return this;
  }

  async stop(): Promise<void> {
    for (const close of this.closes.reverse()) await close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** host:port */
  get zookeeperAddress(): string {
    return this.zookeeper.connectString;
  }

  /** host:port of the log. */
  get broker(): string {
    return this.log.broker;
  }

  /** Until `reviveLog`. */
  killLog(): Promise<void> {
    return this.log.process.kill();
  }

  async reviveLog(): Promise<void> {
    await this.log.process.start();
  }

  /** Registers them as the cluster-proxy; returns what takes it away. */
  async serve(shards: FakeShards): Promise<() => Promise<void>> {
    const stub = await StubService.start('tally.cluster_proxy.v1.ClusterProxyService', {
      ...shards.handlers,
      ReadCounters: async () => ({}),
      GetClusterStatus: async () => ({}),
    });
    const registration = new InstanceRegistry(this.session).register('cluster-proxy', {
      id: `cluster-proxy-${stub.port}`,
      host: '127.0.0.1',
      grpcPort: stub.port,
      adminPort: stub.port,
      startedAt: new Date().toISOString(),
      version: 'test',
      attributes: {},
    });
    return async () => {
      await registration.unregister();
      stub.stop();
    };
  }

  /** A new topic of the log, named in ZooKeeper as the one for events. */
  async nameTopic(partitions: number, dedupWindowMs = MINUTE_MS): Promise<EventsTopic> {
    const random = Math.floor(Math.random() * 2 ** 48).toString(16);
    const topic: EventsTopic = {
      name: `events-${random.padStart(16, '0')}`,
      partitions,
      dedupWindowMs,
    };
    await this.admin.createTopic(topic.name, partitions);
    await this.node(TOPICS_NODE, parseEventsTopic).update(() => topic);
    return topic;
  }

  async nameShardMap(document: ShardMapDocument): Promise<void> {
    await this.node(SHARD_MAP_NODE, ShardMap.parseDocument).update(() => document);
  }

  async unnameTopic(): Promise<void> {
    await this.session.delete(TOPICS_NODE);
  }

  /** Makes the next version of the event types. */
  async defineType(change: RegistryChange): Promise<void> {
    const versions = new VersionLog({
      session: this.session,
      path: EVENT_TYPES_NODE,
      parse: parseRegistryChange,
      onEntry: () => undefined,
    });
    await versions.catchUp();
    await versions.append(change);
    await versions.close();
  }

  /** Appends events as the partitioner does, durably. */
  async append(
    topic: EventsTopic,
    events: readonly Partial<Event>[],
    registryVersion = 0,
  ): Promise<void> {
    const bytes = Buffer.concat(events.map((event, index) => entryOf(event, index)));
    const entries = readEntries(bytes, events.length);
    if (entries.kind !== 'entries') throw new Error(entries.reason);
    const notAfterMs = Date.now() + expiryBounds(topic.dedupWindowMs).leadMs;
    const terms = { schemaId: CURRENT_SCHEMA_ID, registryVersion, notAfterMs };
    const blocks = partitionBlocks([{ bytes, entries }], topic.partitions, terms);
    await this.appendRecords(
      topic,
      blocks.map(({ partition, record }) => ({ partition, value: record })),
    );
  }

  /** Where a partition begins in the log, and how many files hold it. */
  async kept(topic: EventsTopic, partition: number) {
    const { low, high } = (await this.admin.bounds(topic.name)).get(partition) ?? NO_BOUNDS;
    const folder = join(this.dir, 'log', 'topics', topic.name, String(partition));
    const files = readdirSync(folder).filter((name) => name.endsWith('.log'));
    return { low, high, segments: files.length };
  }

  /** What is kept of dead events, in the order of their partitions. */
  async deadEvents(topic: EventsTopic): Promise<DeadEvents[]> {
    const name = deadEventsTopic(topic.name);
    const reader = new LogReader(kafkaConfig(this.config(1), undefined));
    const firsts = [...(await this.admin.bounds(name))].map(
      ([partition, { low }]) => [partition, low] as const,
    );
    const read = await reader.read(name, new Map(firsts), { maxBytes: 1 << 20, maxWaitMs: 0 });
    await reader.close();
    return read.flatMap(({ records }) =>
      records.map(({ value }) => {
        const dead = decodeDeadEvents(value ?? Buffer.alloc(0));
        if (dead.kind === 'malformed') throw new Error(dead.reason);
        return dead;
      }),
    );
  }

  /** The log takes no dead events, as all are too large. */
  async refuseDeadEvents(topic: EventsTopic): Promise<void> {
    await this.admin.createTopic(deadEventsTopic(topic.name), topic.partitions);
    await this.limitDeadEvents(topic, 1);
  }

  async allowDeadEvents(topic: EventsTopic): Promise<void> {
    await this.limitDeadEvents(topic, 1 << 20);
  }

  private async limitDeadEvents(topic: EventsTopic, bytes: number): Promise<void> {
    const admin = new kafkajs.Kafka({
      brokers: [this.log.broker],
      logLevel: kafkajs.logLevel.NOTHING,
    }).admin();
    await admin.connect();
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: deadEventsTopic(topic.name),
          configEntries: [
            { name: 'message.timestamp.type', value: 'LogAppendTime' },
            { name: 'max.message.bytes', value: String(bytes) },
          ],
        },
      ],
    });
    await admin.disconnect();
  }

  async appendRecords(
    topic: EventsTopic,
    records: readonly { readonly partition: number; readonly value: Buffer }[],
  ): Promise<void> {
    await this.appender.append(topic.name, records, {});
  }

  /** The whole application as main.ts starts it. */
  async processor(environment: Readonly<Record<string, string>> = {}): Promise<RunningProcessor> {
    const config = this.config(await freePort(), environment);
    const lifecycle = await startService({
      name: 'processor',
      config,
      root: AppModule.with(config),
    });
    const stop = () => lifecycle.drain();
    this.closes.push(stop);
    const admin = `http://127.0.0.1:${config.adminPort}`;
    return {
      stop,
      ready: async () => {
        const answer = await fetch(`${admin}/health/ready`);
        return { status: answer.status, text: await answer.text() };
      },
      metric: async (sample) => {
        const text = await (await fetch(`${admin}/metrics`)).text();
        const line = text.split('\n').find((candidate) => candidate.startsWith(`${sample} `));
        return Number(line?.slice(sample.length + 1) ?? 0);
      },
    };
  }

  /** Waits until the processor is ready. */
  async untilReady({ ready }: RunningProcessor): Promise<void> {
    await eventually('the processor is ready', async () => {
      const { status, text } = await ready();
      if (status !== 200) throw new Error(text);
      return true;
    });
  }

  private node<T>(path: string, parse: (value: unknown) => T): ConfigNode<T> {
    return new ConfigNode({ session: this.session, path, parse });
  }

  private config(
    adminPort: number,
    environment: Readonly<Record<string, string>> = {},
  ): ProcessorConfig {
    const loaded = parseConfig(
      settings,
      {
        TALLY_ZOOKEEPER: this.zookeeper.connectString,
        TALLY_ZOOKEEPER_SESSION_MS: '4000',
        KAFKA_BROKERS: this.log.broker,
        TALLY_LOG_LEVEL: 'error',
        TALLY_ADMIN_PORT: String(adminPort),
        TALLY_INSTANCE: `processor-${adminPort}`,
        TALLY_FLUSH_INTERVAL_MS: '50',
        TALLY_GROUP_SESSION_MS: '3000',
        ...environment,
      },
      limitProblems,
    );
    if (loaded.kind === 'invalid') throw new Error(loaded.problems.join('; '));
    return loaded.config;
  }
}

/** @param attributes Bytes instead of those of no attributes, whatever they are. */
export function entryOf(more: Partial<Event>, index: number, attributes = Buffer.of(0)): Buffer {
  const event: Event = {
    project: 'default',
    id: `${index}`,
    type: 'view',
    subject: 'video-1',
    time: 0,
    value: null,
    attributes: {},
    timeAssigned: false,
    ...more,
  };
  const entry = Buffer.alloc(4096);
  // Behind the attributes the event says whether its time was assigned.
  const at = encodeEvent(event, entry, ENTRY_HEADER_BYTES) - 2;
  const end = entry.writeUInt8(0, at + attributes.copy(entry, at));
  writeEntryHeader(entry, 0, end - ENTRY_HEADER_BYTES, fingerprintOf(event.project, event.id));
  return entry.subarray(0, end);
}
