import { MINUTE_MS, TallyError } from '@tally/contracts';
import pg from 'pg';
import { DataSource, QueryFailedError, type Logger } from 'typeorm';
import { schemaFailure } from '../postgres-errors.js';
import { AcceptedLosses1795860000000 } from './accepted-losses.migration.js';
import { connected, holdingLock } from './advisory-lock.js';
import { Counters1764000000000 } from './counters.migration.js';
import { DeadEvents1796200000000 } from './dead-events.migration.js';
import { grantWriter, lookAtWriter, roleOf, type Writer } from './grant-writer.js';
import { Installation1795900000000 } from './installation.migration.js';
import { LedgerConflicting1795960000000 } from './ledger-conflicting.migration.js';
import { LedgerExpired1764328000000 } from './ledger-expired.migration.js';
import { SeriesBySubject1796000000000 } from './series-by-subject.migration.js';
import { Sketches1796100000000 } from './sketches.migration.js';

/** All, oldest first. */
const MIGRATIONS = [
  Counters1764000000000,
  LedgerExpired1764328000000,
  AcceptedLosses1795860000000,
  Installation1795900000000,
  LedgerConflicting1795960000000,
  SeriesBySubject1796000000000,
  Sketches1796100000000,
  DeadEvents1796200000000,
];
const TABLE = 'migrations';
const CONNECT_TIMEOUT_MS = 5000;
/** Another process brings the schema up to date meanwhile; then it is asked for again. */
const TURN_TIMEOUT_MS = 30_000;
/** Writers queue behind a statement that waits for its lock: for less than a delta waits for its own. */
const LOCK_TIMEOUT_MS = 3000;
/** A statement may read a large table once; one that takes longer needs somebody who looks on. */
const STATEMENT_TIMEOUT_MS = 10 * MINUTE_MS;
/** What the driver waits longer than Postgres does: for answers that a dead network will not bring. */
const ANSWER_MARGIN_MS = 5000;

/**
 * Brings the schema of a shard to this version; does nothing when it is there. Several processes may
 * start at once: one does it, the others wait. The role of `url` owns the tables then, and that of
 * `writerUrl` may count in them. TallyError `unavailable` when Postgres does not answer, or for another
 * reason that may be over when it is tried again; SchemaError when it will not be.
 */
export async function migrate(url: string, writerUrl = url): Promise<Writer> {
  const connect = () =>
    new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      lock_timeout: TURN_TIMEOUT_MS,
      statement_timeout: 2 * TURN_TIMEOUT_MS,
      query_timeout: 2 * TURN_TIMEOUT_MS + ANSWER_MARGIN_MS,
      application_name: 'tally-schema',
    });
  try {
    return await connected(connect, (client) =>
      holdingLock(client, 'migrate', async () => {
        await client.query(`SET lock_timeout = ${LOCK_TIMEOUT_MS}`);
        await refuseNewer(client);
        await runMigrations(url);
        const writer = roleOf(writerUrl);
        if (writer !== roleOf(url)) await grantWriter(client, writer);
        return lookAtWriter(client, writer);
      }),
    );
  } catch (error) {
    throw toSchemaError(error);
  }
}

/** The schema cannot be brought up to date until somebody does what the message says. */
export class SchemaError extends Error {}

function toSchemaError(error: unknown): unknown {
  const failure = schemaFailure(error);
  if (error instanceof SchemaError || failure === undefined) return error;
  const { mayPass, reason } = failure;
  const statement = error instanceof QueryFailedError ? `${nameOf(error.query)}: ` : '';
  return mayPass
    ? new TallyError('unavailable', `the schema: ${statement}${reason}`, { cause: error })
    : new SchemaError(
        `the schema of the shard cannot be brought up to date: ${statement}${reason}; waiting ` +
          'does not mend this: mend it in Postgres or in the settings, then start again',
        { cause: error },
      );
}

/** Of a statement: its first line without what stands in brackets, e.g. `CREATE TABLE series`. */
function nameOf(statement: string): string {
  return (/^\s*([^\n(]{1,80})/.exec(statement)?.[1] ?? statement).trim();
}

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
    throw new SchemaError(
      `the schema of the shard is newer than this version: it has the migration ${unknown.name}; ` +
        'start the version that made it, or a later one',
    );
  }
}

const silent = () => undefined;
/** TypeORM would write failures to the console; whoever called is told of them. */
const SILENT: Logger = {
  log: silent,
  logMigration: silent,
  logQuery: silent,
  logQueryError: silent,
  logQuerySlow: silent,
  logSchemaBuild: silent,
};

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
    logger: SILENT,
    applicationName: 'tally-schema',
    extra: {
      lock_timeout: LOCK_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: STATEMENT_TIMEOUT_MS + ANSWER_MARGIN_MS,
    },
  });
  await source.initialize();
  try {
    await source.runMigrations();
  } finally {
    await source.destroy();
  }
}
