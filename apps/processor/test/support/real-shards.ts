import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { freePort, ServerProcess, startPostgres, type PostgresServer } from '@tally/testing';
import pg from 'pg';

const ROOT = join(import.meta.dirname, '../../../..');

/**
 * Shards as they are in production: each a Postgres and its shard-proxy, behind one cluster-proxy, and
 * a replayer that brings them their dead letters.
 */
export class RealShards {
  private constructor(
    private readonly postgres: readonly PostgresServer[],
    private readonly services: readonly ServerProcess[],
  ) {}

  /** An installation of its own; resolves when all of it serves. */
  static async start(
    dir: string,
    { zookeeper, broker }: { readonly zookeeper: string; readonly broker: string },
    shards: number,
  ): Promise<RealShards> {
    const numbers = Array.from({ length: shards }, (_, shard) => shard);
    const postgres = await Promise.all(
      numbers.map((shard) => startPostgres({ dir: join(dir, `postgres-${shard}`) })),
    );
    const proxies = numbers.map((shard) => ({
      name: `shard-proxy-${shard}`,
      app: 'shard-proxy',
      env: { TALLY_SHARD: String(shard), TALLY_SHARD_URL: postgres[shard]?.url },
    }));
    const services: ServerProcess[] = [];
    for (const { name, app, env } of [
      ...proxies,
      { name: 'cluster-proxy', app: 'cluster-proxy', env: { TALLY_SHARDS: String(shards) } },
      { name: 'replayer', app: 'dead-letter-replayer', env: { KAFKA_BROKERS: broker } },
    ])
      services.push(await service(name, app, join(dir, `${name}.log`), zookeeper, env));
    // A shard serves when it has the installation, which the cluster-proxy makes.
    await Promise.all(services.map((process) => process.start()));
    return new RealShards(postgres, services);
  }

  async stop(): Promise<void> {
    await Promise.all(this.services.map((process) => process.stop()));
    await Promise.all(this.postgres.map(({ process }) => process.stop()));
  }

  /** Takes the database of that shard away, until `revive`. */
  kill(shard: number): Promise<void> {
    return this.of(shard).process.kill();
  }

  async revive(shard: number): Promise<void> {
    await this.of(shard).process.start();
  }

  /** Changes something in the database of that shard behind everybody's back. */
  async alter(shard: number, sql: string): Promise<void> {
    await this.ask(shard, sql);
  }

  /** How often each subject was counted there, by its series of all values. */
  counts(shard: number): Promise<Record<string, number>> {
    return this.countsOf(shard, `dimensions = ''`);
  }

  /** The same by its series of dimensions, which are summed up here. */
  countsOfDimensions(shard: number): Promise<Record<string, number>> {
    return this.countsOf(shard, `dimensions <> ''`);
  }

  private async countsOf(shard: number, which: string): Promise<Record<string, number>> {
    const rows = await this.ask<{ subject: string; count: string }>(
      shard,
      `SELECT subject, sum(count) AS count FROM minute_counters JOIN series ON series.id = series
       WHERE ${which} GROUP BY subject`,
    );
    return Object.fromEntries(rows.map(({ subject, count }) => [subject, Number(count)]));
  }

  private of(shard: number): PostgresServer {
    const server = this.postgres[shard];
    if (server === undefined) throw new RangeError(`no shard ${shard}`);
    return server;
  }

  private async ask<Row extends pg.QueryResultRow>(shard: number, sql: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.of(shard).url });
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  }
}

/** One app of this clone as a process of its own, compiled first. */
async function service(
  name: string,
  app: string,
  logFile: string,
  zookeeper: string,
  env: NodeJS.ProcessEnv,
): Promise<ServerProcess> {
  const folder = join(ROOT, 'apps', app);
  execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript7/bin/tsc'), '-b', folder]);
  const [adminPort, grpcPort] = [await freePort(), await freePort()];
  return new ServerProcess({
    name,
    command: process.execPath,
    args: ['--enable-source-maps', join(folder, 'dist/main.js')],
    env: {
      ...process.env,
      TALLY_ADMIN_PORT: String(adminPort),
      TALLY_GRPC_PORT: String(grpcPort),
      TALLY_ZOOKEEPER: zookeeper,
      ...env,
    },
    logFile,
    ready: async () => (await fetch(`http://127.0.0.1:${adminPort}/health/ready`)).ok,
  });
}
