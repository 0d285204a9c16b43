import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CURRENT_SCHEMA_ID,
  decodeCatalogChange,
  decodeEvent,
  ENTRY_HEADER_BYTES,
  readEntries,
  type CatalogChange,
  type clusterProxy,
  type deadLetterReplayer,
  type Event,
  type partitioner,
  type query,
} from '@tally/contracts';
import type { ServerUnaryCall } from '@grpc/grpc-js';
import { InstanceRegistry } from '@tally/discovery';
import { parseConfig, startService, type Logger } from '@tally/service-kit';
import {
  eventually,
  freePort,
  keepLikeAShard,
  startZooKeeper,
  type PlayedShard,
  type ZooKeeperServer,
} from '@tally/testing';
import { AppModule } from '../../src/app.module.js';
import { settings, type GatewayConfig } from '../../src/config.js';
import type { GatewayAdapter } from '../../src/http/gateway-adapter.js';
import { createHttpAdapter } from '../../src/http/http-adapter.js';
import { StubService } from '@tally/testing/stub-service';
import { ZooKeeperSession } from '@tally/zookeeper';

const SILENT = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Logger;

const NO_BOUNDS: partitioner.GetBoundsResponse = { topic: '', partitions: [] };
const NO_SHARDS: clusterProxy.LossesResponse = { shards: [] };
const NO_ENTRY: deadLetterReplayer.CatalogEntry = { value: Buffer.alloc(0), position: '0' };
const NO_LEDGERS: clusterProxy.LedgerResponse = { shards: [] };

/** A gateway on real ports. */
export interface RunningGateway {
  readonly url: string;
  readonly port: number;
  readonly adminUrl: string;
  stop(): Promise<unknown>;
}

type Call = ServerUnaryCall<never, object>;

/** A real ZooKeeper and, registered in it, the services behind a gateway, which the test plays. */
export class GatewayFixture {
  /** Every append that arrived, and the events in it. */
  readonly appends: partitioner.AppendRequest[] = [];
  readonly events: Event[] = [];
  /** What was put into the catalogue. */
  readonly entries: CatalogChange[] = [];
  readonly questions: query.GetStatsRequest[] = [];
  /** What the services answer; a test sets it. */
  onAppend: (request: partitioner.AppendRequest) => Promise<object> = async () => ({});
  onGetStats: (request: query.GetStatsRequest, call: Call) => Promise<query.GetStatsResponse> =
    async () => ({ subjects: [], missingShards: [] });
  onPutCatalogEntry: () => Promise<partitioner.PutCatalogEntryResponse> = () => this.nextEntry();
  onGetCatalogEntry: (
    request: deadLetterReplayer.GetCatalogEntryRequest,
  ) => Promise<deadLetterReplayer.CatalogEntry> = async () => NO_ENTRY;
  onGetBounds: () => Promise<partitioner.GetBoundsResponse> = async () => NO_BOUNDS;
  onAcceptLoss: (request: clusterProxy.AcceptLossRequest) => Promise<clusterProxy.LossesResponse> =
    async () => NO_SHARDS;
  onReadLedger: (request: clusterProxy.ReadLedgerRequest) => Promise<clusterProxy.LedgerResponse> =
    async () => NO_LEDGERS;
  onListLosses: (request: clusterProxy.ListLossesRequest) => Promise<clusterProxy.LossesResponse> =
    async () => NO_SHARDS;

  private readonly dir = mkdtempSync(join(tmpdir(), 'tally-gateway-'));
  private readonly closes: (() => Promise<unknown> | void)[] = [];
  private zookeeper: ZooKeeperServer | undefined;
  private zookeeperSession: ZooKeeperSession | undefined;
  private playedShard: PlayedShard | undefined;

  get session(): ZooKeeperSession {
    if (this.zookeeperSession === undefined) throw new Error('the fixture was not started');
    return this.zookeeperSession;
  }

  /** Keeps event types at once, unless it is told not to. */
  get shard(): PlayedShard {
    if (this.playedShard === undefined) throw new Error('the fixture was not started');
    return this.playedShard;
  }

  async start(): Promise<void> {
    const zookeeper = await startZooKeeper({ dir: this.dir, tickTimeMs: 200 });
    this.zookeeper = zookeeper;
    this.closes.push(() => zookeeper.process.stop());
    const session = new ZooKeeperSession({
      connect: zookeeper.connectString,
      sessionTimeoutMs: 4000,
      logger: SILENT,
    }).start();
    this.zookeeperSession = session;
    this.closes.push(() => session.close());
    await session.whenConnected(10_000);
    this.playedShard = await keepLikeAShard(session);
    await this.serve('partitioner', 'tally.partitioner.v1.PartitionerService', {
      Append: (request: partitioner.AppendRequest) => {
        this.appends.push(request);
        this.events.push(...eventsOf(request));
        return this.onAppend(request);
      },
      GetBounds: () => this.onGetBounds(),
      PutCatalogEntry: (request: partitioner.PutCatalogEntryRequest) => {
        this.entries.push(decodeCatalogChange(request.key, request.value ?? null));
        return this.onPutCatalogEntry();
      },
    });
    await this.serve(
      'dead-letter-replayer',
      'tally.dead_letter_replayer.v1.DeadLetterReplayerService',
      {
        GetCatalogEntry: (request: deadLetterReplayer.GetCatalogEntryRequest) =>
          this.onGetCatalogEntry(request),
      },
    );
    await this.serve('query', 'tally.query.v1.QueryService', {
      GetStats: (request: query.GetStatsRequest, call: Call) => {
        this.questions.push(request);
        return this.onGetStats(request, call);
      },
      AcceptLoss: (request: clusterProxy.AcceptLossRequest) => this.onAcceptLoss(request),
      ListLosses: (request: clusterProxy.ListLossesRequest) => this.onListLosses(request),
      ReadLedger: (request: clusterProxy.ReadLedgerRequest) => this.onReadLedger(request),
    });
  }

  async stop(): Promise<void> {
    for (const close of this.closes.reverse()) await close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Forgets what was seen and said. */
  reset(): void {
    this.appends.length = 0;
    this.events.length = 0;
    this.entries.length = 0;
    this.questions.length = 0;
    this.onAppend = async () => ({});
    this.onGetStats = async () => ({ subjects: [], missingShards: [] });
    this.onGetBounds = async () => NO_BOUNDS;
    this.onPutCatalogEntry = () => this.nextEntry();
    this.onGetCatalogEntry = async () => NO_ENTRY;
    this.onAcceptLoss = async () => NO_SHARDS;
    this.onListLosses = async () => NO_SHARDS;
    this.onReadLedger = async () => NO_LEDGERS;
  }

  /** The whole application as main.ts starts it, ready to serve. */
  async gateway(
    environment: Readonly<Record<string, string>> = {},
    /** What a control takes from the server. */
    weaken: (adapter: GatewayAdapter) => void = () => undefined,
  ): Promise<RunningGateway> {
    const [port, adminPort] = [await freePort(), await freePort()];
    const config = this.config({
      TALLY_PORT: String(port),
      TALLY_ADMIN_PORT: String(adminPort),
      TALLY_INSTANCE: `gateway-${port}`,
      ...environment,
    });
    const http = { port, adapter: createHttpAdapter(config) };
    weaken(http.adapter);
    const root = AppModule.with(config);
    const lifecycle = await startService({ name: 'gateway', config, root, http });
    const stop = () => lifecycle.drain();
    this.closes.push(stop);
    const adminUrl = `http://127.0.0.1:${adminPort}`;
    await eventually('the gateway is ready', async () => {
      const { status } = await fetch(`${adminUrl}/health/ready`);
      return status === 200;
    });
    return { url: `http://127.0.0.1:${port}`, port, adminUrl, stop };
  }

  private async nextEntry(): Promise<partitioner.PutCatalogEntryResponse> {
    return { position: String(this.entries.length) };
  }

  private config(environment: Readonly<Record<string, string>>): GatewayConfig {
    const loaded = parseConfig(settings, {
      TALLY_ZOOKEEPER: this.zookeeper?.connectString,
      TALLY_ZOOKEEPER_SESSION_MS: '4000',
      TALLY_LOG_LEVEL: 'error',
      ...environment,
    });
    if (loaded.kind === 'invalid') throw new Error(loaded.problems.join('; '));
    return loaded.config;
  }

  private async serve(
    service: string,
    protobuf: string,
    handlers: Parameters<typeof StubService.start>[1],
  ): Promise<void> {
    const stub = await StubService.start(protobuf, handlers);
    const registration = new InstanceRegistry(this.session).register(service, {
      id: `${service}-1`,
      host: '127.0.0.1',
      grpcPort: stub.port,
      adminPort: stub.port,
      startedAt: new Date().toISOString(),
      version: 'test',
      attributes: {},
    });
    this.closes.push(() => registration.unregister());
    this.closes.push(() => stub.stop());
  }
}

function eventsOf({ schemaId, count, events }: partitioner.AppendRequest): Event[] {
  const body = Buffer.from(events);
  const entries = readEntries(body, count);
  if (entries.kind !== 'entries' || schemaId !== CURRENT_SCHEMA_ID)
    throw new Error('the gateway sent no body of entries');
  return Array.from({ length: count }, (_, index) => {
    const [from = 0, to = 0] = entries.starts.subarray(index, index + 2);
    const event = decodeEvent(schemaId, body.subarray(from + ENTRY_HEADER_BYTES, to));
    if (event === undefined) throw new Error('the gateway sent what is no event');
    return event;
  });
}
