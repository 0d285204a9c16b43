import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrate } from '../src/index.js';
import { PostgresFixture } from './support/database.js';

const postgres = new PostgresFixture();
beforeAll(() => postgres.start(), 120_000);
afterAll(() => postgres.stop(), 60_000);

const migrations = async (url: string) =>
  (await postgres.pool(url).query<{ name: string }>('SELECT name FROM migrations')).rows;

const MIGRATIONS = [{ name: 'Counters1764000000000' }, { name: 'LedgerExpired1764328000000' }];

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
    await pool.query('ALTER TABLE ledger DROP COLUMN expired');
    await pool.query('DELETE FROM migrations WHERE name = $1', [MIGRATIONS[1]?.name]);
    await pool.query("INSERT INTO ledger VALUES ('t', 0, 1, 2, 3, 4, 5)");
    await migrate(url);
    const { rows } = await pool.query('SELECT counted, dead, expired FROM ledger');
    expect(rows).toEqual([{ counted: '2', dead: '5', expired: '0' }]);
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

  it('cannot be looked at without Postgres, and says so', async () => {
    await expect(migrate('postgres://tally:x@127.0.0.1:1/tally')).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});
