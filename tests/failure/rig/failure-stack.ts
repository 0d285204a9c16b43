import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MINUTE_MS } from '@tally/contracts';
import { until } from './until.js';
import { TcpProxy } from '@tally/testing';
import { Stack, type Addresses, type AppName } from '@tally/tools';
import { defineType } from '../traffic/event-types.js';
import { TRAFFIC } from '../traffic/traffic.js';
import { CatalogLog } from '../verdict/catalog-log.js';
import { Recount } from '../verdict/recount.js';
import { ADMIN_ENV } from './admin-api.js';
import { endOf, ShardObserver, readMetric } from './observer.js';
import { PoweredDisk } from './powered-disk.js';

/** Sessions as short as a loaded machine bears: a run of many faults takes minutes, not hours. */
export const ZOOKEEPER_SESSION_MS = 3000;
const SETTINGS = {
  TALLY_ZOOKEEPER_SESSION_MS: String(ZOOKEEPER_SESSION_MS),
  TALLY_GROUP_SESSION_MS: '3000',
};

/** Metric of a processor: shards that it counts without. */
export const ABSENT = 'tally_processor_absent_shards';

export interface FailureStackOptions {
  /** Bundles of apps with a protection taken away; for negative controls. */
  readonly bundles?: Partial<Readonly<Record<AppName, string>>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly partitioners?: number;
  /** Puts the log on a disk that can lose power. */
  readonly needsDisk?: boolean;
}

/**
 * All of Tally on ports and data of its own, with two processors, and a proxy of ours between each
 * shard-proxy and its Postgres.
 */
export class FailureStack {
  private static readonly all = new Set<FailureStack>();

  private constructor(
    readonly dir: string,
    readonly stack: Stack,
    readonly addresses: Addresses,
    /** By shard: between shard-proxy and Postgres. */
    readonly proxies: readonly TcpProxy[],
    /** By shard, past the proxy. */
    readonly shards: readonly ShardObserver[],
    readonly recount: Recount,
    readonly catalog: CatalogLog,
    readonly disk: PoweredDisk | undefined,
  ) {}

  static async start(options: FailureStackOptions = {}): Promise<FailureStack> {
    const { bundles = {}, env = {}, partitioners = 1, needsDisk = false } = options;
    const dir = mkdtempSync(join(tmpdir(), 'tally-failure-'));
    const disk = needsDisk ? PoweredDisk.create(dir) : undefined;
    if (disk !== undefined) {
      const folder = join(disk.folder, 'log');
      mkdirSync(folder);
      symlinkSync(folder, join(dir, 'partition-log'));
    }
    const proxies: TcpProxy[] = [];
    const { stack, addresses } = await Stack.start({
      dir,
      ports: 'any',
      instances: { processor: 2, partitioner: partitioners },
      bundles,
      env: { ...SETTINGS, ...ADMIN_ENV, ...env },
      report: () => undefined,
      detour: async (shard, url) => {
        const proxied = new URL(url);
        const proxy = await TcpProxy.start(Number(proxied.port));
        proxies[shard] = proxy;
        proxied.port = String(proxy.port);
        return proxied.href;
      },
    });
    // Before the first event: what comes earlier is in no sketch and in no group.
    let version = 0;
    for (const { type, definition } of TRAFFIC)
      version = await defineType(addresses.gateway, type, definition);
    const shards = addresses.shards.map((url) => new ShardObserver(url));
    const topic = await until('the topic of events is known', () => shards[0]?.topic());
    const dedupWindowMs = Number(env['TALLY_DEDUP_WINDOW_MS'] ?? 10 * MINUTE_MS);
    const recount = new Recount(addresses.kafka, topic, dedupWindowMs, version);
    const catalog = new CatalogLog(addresses.kafka, topic);
    const on = new FailureStack(dir, stack, addresses, proxies, shards, recount, catalog, disk);
    FailureStack.all.add(on);
    return on;
  }

  /** Ends all that run, for who has to stop early. */
  static async stopAll(): Promise<void> {
    for (const on of FailureStack.all) await on.stop();
  }

  get services(): string[] {
    return Object.keys(this.addresses.admin);
  }

  get processors(): string[] {
    return this.services.filter((name) => name.startsWith('processor'));
  }

  get partitioners(): string[] {
    return this.services.filter((name) => name.startsWith('partitioner'));
  }

  /** Kills at once and starts again in this order; resolves when all processes run. */
  async restart(names: readonly string[], env?: Readonly<Record<string, string>>): Promise<void> {
    await this.stack.crash(names);
    for (const name of names) this.stack.revive(name, env);
    await this.running(names);
  }

  async running(names: readonly string[]): Promise<void> {
    await until(`${names.join(', ')} run again`, () =>
      names.every((name) => this.stack.process(name).running),
    );
  }

  /** Resolves when every part serves, none of them in part only. */
  async allReady(): Promise<void> {
    await Promise.all(
      this.stack.names.map((name) =>
        until(`${name} is ready`, () => this.stack.process(name).options.ready()),
      ),
    );
  }

  /** Over all processors that answer. */
  async processorMetric(name: string, label?: string): Promise<number> {
    const values = await Promise.all(
      this.processors.map((processor) => this.metric(processor, name, label).catch(() => 0)),
    );
    return values.reduce((sum, value) => sum + value, 0);
  }

  /** Whether each processor counts without one of the shards, and with all others. */
  async isOneLeftAlone(): Promise<boolean> {
    const absent = await Promise.all(this.processors.map((name) => this.metric(name, ABSENT)));
    return absent.every((shards) => shards === 1);
  }

  metric(service: string, name: string, label?: string): Promise<number> {
    return readMetric(this.addresses.admin[service] ?? '', name, label);
  }

  /** How many offsets, over all partitions, one shard has covered further than another. */
  async aheadBy(shard: number, other: number): Promise<number> {
    // In this order: what the other commits in between only makes the difference smaller.
    const first = await this.shards[shard]?.coverage();
    const second = await this.shards[other]?.coverage();
    let ahead = 0;
    for (const [partition, ranges] of first ?? [])
      ahead += Math.max(0, endOf(ranges) - endOf(second?.get(partition)));
    return ahead;
  }

  /** Undoes what a fault may have left when it did not come to its end. */
  heal(): void {
    for (const proxy of this.proxies) proxy.release();
    for (const name of this.stack.names) {
      this.stack.process(name).signal('SIGCONT');
      this.stack.revive(name);
    }
  }

  /** Stops everything; `keep` leaves data and logs in `dir`. */
  async stop(keep = false): Promise<void> {
    FailureStack.all.delete(this);
    this.heal();
    await this.stack.stop();
    await Promise.all(this.proxies.map((proxy) => proxy.stop()));
    this.disk?.remove();
    if (!keep) rmSync(this.dir, { recursive: true, force: true });
  }
}
