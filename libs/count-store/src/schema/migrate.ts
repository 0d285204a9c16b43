import pg from 'pg';
import { DataSource } from 'typeorm';
import { toTallyError } from '../postgres-errors.js';
import { AcceptedLosses1795860000000 } from './accepted-losses.migration.js';
import { connected, holdingLock } from './advisory-lock.js';
import { Counters1764000000000 } from './counters.migration.js';

/** All, oldest first. */
const MIGRATIONS = [Counters1764000000000, AcceptedLosses1795860000000];
const TABLE = 'migrations';
const CONNECT_TIMEOUT_MS = 5000;

/**
 * Brings the schema of a shard to this version; does nothing when it is there. Several processes may
 * start at once: one does it, the others wait. Refuses a schema that a newer version has changed
 * (Error); TallyError `unavailable` when Postgres does not answer.
 */
export async function migrate(url: string): Promise<void> {
  const connect = () =>
    new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  try {
    await connected(connect, (client) =>
      holdingLock(client, 'migrate', async () => {
        await refuseNewer(client);
        await runMigrations(url);
      }),
    );
  } catch (error) {
    throw error instanceof NewerSchemaError ? error : toTallyError('the schema', error);
  }
}

/** The shard was changed by a version that this one knows nothing of: only people can decide. */
export class NewerSchemaError extends Error {}

async function refuseNewer(client: pg.Client): Promise<void> {
  const { rows: exists } = await client.query<{ there: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AS there',
    [TABLE],
  );
  if (exists[0]?.there !== true) return;
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM ${TABLE} WHERE name <> ALL($1) ORDER BY id`,
    [MIGRATIONS.map(({ name }) => name)],
  );
  const [unknown] = rows;
  if (unknown !== undefined) {
    throw new NewerSchemaError(
      `the schema of the shard is newer than this version: it has the migration ${unknown.name}; ` +
        'start the version that made it, or a later one',
    );
  }
}

async function runMigrations(url: string): Promise<void> {
  const source = new DataSource({
    type: 'postgres',
    url,
    driver: pg,
    migrations: MIGRATIONS,
    migrationsTableName: TABLE,
    migrationsTransactionMode: 'all',
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    installExtensions: false,
    logging: false,
  });
  await source.initialize();
  try {
    await source.runMigrations();
  } finally {
    await source.destroy();
  }
}
