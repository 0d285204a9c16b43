import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { keepTrying } from '@tally/resilience';
import { eventually } from '@tally/testing';
import { migrate, SchemaError } from '../src/index.js';
import { PostgresFixture } from './support/database.js';

const postgres = new PostgresFixture();
beforeAll(() => postgres.start(), 120_000);
afterAll(() => postgres.stop(), 60_000);

const migrations = async (url: string) =>
  (await postgres.pool(url).query<{ name: string }>('SELECT name FROM migrations')).rows;

function withoutPassword(url: string): string {
  return Object.assign(new URL(url), { password: '' }).href;
}

const MIGRATIONS = [
  { name: 'Counters1764000000000' },
  { name: 'LedgerExpired1764328000000' },
  { name: 'AcceptedLosses1795860000000' },
  { name: 'Installation1795900000000' },
  { name: 'LedgerConflicting1795960000000' },
  { name: 'SeriesBySubject1796000000000' },
  { name: 'Sketches1796100000000' },
  { name: 'DeadEvents1796200000000' },
];

describe('the schema of a shard', () => {
  it('is made once by several that start at the same time', async () => {
    const url = await postgres.newDatabase();
    await Promise.all([migrate(url), migrate(url), migrate(url)]);
    await migrate(url);
    expect(await migrations(url)).toEqual(MIGRATIONS);
    const { rows } = await postgres.pool(url).query('SELECT count(*)::int4 FROM rolled');
    expect(rows).toEqual([{ count: 128 }]);
  });

  it('of the first version gets what the ledger lacks, and keeps its entries', async () => {
    const url = await postgres.newDatabase();
    await migrate(url);
    const pool = postgres.pool(url);
    await pool.query('DROP INDEX series_by_subject');
    await pool.query(
      'ALTER TABLE ledger DROP COLUMN expired, DROP COLUMN conflicting, DROP COLUMN replayed',
    );
    await pool.query(
      'DROP TABLE accepted_losses, installation, kept_nodes, sketches, dead_events, dead_event_actions',
    );
    await pool.query('DELETE FROM migrations WHERE name <> $1', [MIGRATIONS[0]?.name]);
    await pool.query("INSERT INTO ledger VALUES ('t', 0, 1, 2, 3, 4, 5)");
    await migrate(url);
    const { rows } = await pool.query('SELECT counted, dead, expired, conflicting FROM ledger');
    expect(rows).toEqual([{ counted: '2', dead: '5', expired: '0', conflicting: '0' }]);
    expect(await migrations(url)).toEqual(MIGRATIONS);
  });

  it('of a newer version is refused, and left as it is', async () => {
    const url = await postgres.newDatabase();
    await migrate(url);
    const pool = postgres.pool(url);
    await pool.query("INSERT INTO migrations (timestamp, name) VALUES (9, 'Tomorrow9')");
    await expect(migrate(url)).rejects.toThrow(
      'the schema of the shard is newer than this version: it has the migration Tomorrow9',
    );
    expect(await migrations(url)).toHaveLength(MIGRATIONS.length + 1);
  });

  const role = async (name: string, more = '') => {
    await postgres.pool(postgres.url).query(`CREATE ROLE ${name} LOGIN PASSWORD 'x'`);
    const url = new URL(await postgres.newDatabase());
    Object.assign(url, { username: name, password: 'x' }, more === '' ? {} : { password: more });
    return url.href;
  };

  it('cannot be made where a table of its name is there: says which statement failed, and why', async () => {
    const url = await postgres.newDatabase();
    await postgres.pool(url).query('CREATE TABLE series (id int)');
    const failed = expect(migrate(url)).rejects;
    await failed.toThrow(
      /cannot be brought up to date: CREATE TABLE series: relation "series" already exists \(SQLSTATE 42P07\); waiting does not mend this/,
    );
    await failed.toBeInstanceOf(SchemaError);
    const { rows } = await postgres.pool(url).query("SELECT to_regclass('coverage') AS coverage");
    expect(rows).toEqual([{ coverage: null }]);
  });

  it.each([
    ['without the right to', () => role('nobody'), 'permission denied for schema public'],
    ['with a wrong password', () => role('somebody', 'y'), 'password authentication failed'],
    ['without a password', () => role('anybody', ' ').then(withoutPassword), 'SASL'],
    [
      'in a database that is not there',
      async () => `${await postgres.newDatabase()}x`,
      'does not exist (SQLSTATE 3D000)',
    ],
  ])('cannot be made %s, and waiting does not mend it', async (_, url, reason) => {
    const failed = expect(migrate(await url())).rejects;
    await failed.toBeInstanceOf(SchemaError);
    await failed.toThrow(reason);
  });

  it('is waited for while somebody else has a lock on it', async () => {
    const url = await postgres.newDatabase();
    await migrate(url);
    const pool = postgres.pool(url);
    await pool.query('DELETE FROM migrations');
    await pool.query('DROP TABLE series');
    const other = await pool.connect();
    await other.query('BEGIN; LOCK TABLE migrations IN ACCESS EXCLUSIVE MODE');
    await expect(migrate(url)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('SQLSTATE 55P03'),
    });
    await other.query('ROLLBACK');
    other.release();
  }, 60_000);

  it('is made when Postgres, which is down, comes', async () => {
    const url = await postgres.newDatabase();
    await postgres.kill();
    const failures: string[] = [];
    const made = keepTrying(() => migrate(url), {
      retryMs: 20,
      onFailure: ({ code }) => failures.push(code),
    });
    await eventually('it was tried', () => failures.length > 0);
    await postgres.revive();
    await made;
    expect(await migrations(url)).toEqual(MIGRATIONS);
    expect(new Set(failures)).toEqual(new Set(['unavailable']));
  }, 60_000);

  it('cannot be looked at without Postgres, and says so', async () => {
    await expect(migrate('postgres://tally:x@127.0.0.1:1/tally')).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});
