import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, type PostgresServer } from '@tally/testing';
import pg from 'pg';
import { migrate } from '../../src/index.js';

/** One Postgres for the tests of a file; each test takes a database of its own where it needs one. */
export class PostgresFixture {
  private readonly dir = mkdtempSync(join(tmpdir(), 'tally-count-store-'));
  private readonly pools: pg.Pool[] = [];
  private server: PostgresServer | undefined;
  private ownerPool: pg.Pool | undefined;
  private databases = 0;

  async start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    this.server = await startPostgres({ dir: this.dir, settings });
  }

  /** Its first database is a shard then; the pool may do what a shard-proxy may, and no more. */
  async startShard(): Promise<pg.Pool> {
    await this.start();
    const writerUrl = await this.migrateFor('writer', this.url);
    this.ownerPool = this.pool(this.url);
    return this.pool(writerUrl);
  }

  /** To that first database as the role that owns its tables: for what no shard-proxy does. */
  get owner(): pg.Pool {
    if (this.ownerPool === undefined) throw new Error('no shard was started');
    return this.ownerPool;
  }

  /** Makes the schema, and a role that may count in it; gives the URL of that role. */
  async migrateFor(role: string, url: string): Promise<string> {
    const writerUrl = await this.newRole(role, url);
    await migrate(url, writerUrl);
    return writerUrl;
  }

  /** `url` as a new role that may log in, and nothing else. */
  async newRole(role: string, url: string): Promise<string> {
    await this.pool(this.url, 1).query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
    return Object.assign(new URL(url), { username: role, password: 'x' }).href;
  }

  async stop(): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.end()));
    await this.server?.process.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  get url(): string {
    if (this.server === undefined) throw new Error('the fixture was not started');
    return this.server.url;
  }

  /** Until `revive`. */
  async kill(): Promise<void> {
    await this.server?.process.kill();
  }

  async revive(): Promise<void> {
    await this.server?.process.start();
  }

  /** `template`: a database that nobody is connected to. */
  async newDatabase(template = 'template1'): Promise<string> {
    const name = `database_${++this.databases}`;
    const pool = this.pool(this.url, 1);
    await pool.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
    return Object.assign(new URL(this.url), { pathname: `/${name}` }).href;
  }

  pool(url: string, max = 4, name = 'test'): pg.Pool {
    const pool = new pg.Pool({ connectionString: url, max, application_name: name });
    pool.on('error', () => undefined);
    this.pools.push(pool);
    return pool;
  }
}
