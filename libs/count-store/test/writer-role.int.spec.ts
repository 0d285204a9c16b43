import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeShardRoles } from '@tally/testing';
import type pg from 'pg';
import {
  applyDelta,
  makeTablePartitions,
  migrate,
  readCoverage,
  SchemaError,
} from '../src/index.js';
import { PostgresFixture } from './support/database.js';
import { delta, names, row, TOPIC } from './support/requests.js';

/** 2026-11-28. */
const NOW_MS = 1_795_860_000_000;
const MINUTE = NOW_MS / 60_000;

const postgres = new PostgresFixture();
let writer: pg.Pool;
beforeAll(async () => {
  writer = await postgres.startShard();
}, 120_000);
afterAll(() => postgres.stop(), 60_000);

const count = (pool: pg.Pool, offset: number, minute = MINUTE) =>
  applyDelta(
    pool,
    delta({ 0: [[offset, offset + 1]] }, [row('a', minute)], { seriesNames: names('a') }),
  );

describe('the role that counts', () => {
  it.each([
    'DROP TABLE series',
    'ALTER TABLE series ADD COLUMN more int',
    'CREATE TABLE more (id int)',
    'CREATE INDEX ON series (type)',
    'TRUNCATE minute_counters',
    'DELETE FROM coverage',
    'DELETE FROM minute_counters',
    'DELETE FROM accepted_losses',
    'DELETE FROM dead_events',
    'DELETE FROM dead_event_actions',
    "UPDATE dead_event_actions SET taken_by = 'somebody else'",
    "UPDATE series SET type = 'other'",
    "UPDATE installation SET id = 'other'",
    'UPDATE accepted_losses SET lost_records = 0',
    'UPDATE rolled SET through_minute = 1440',
    'SELECT * FROM migrations',
    'DELETE FROM migrations',
    'GRANT DELETE ON migrations TO PUBLIC',
    "COPY series TO PROGRAM 'cat'",
    "COPY series FROM PROGRAM 'echo'",
    "COPY series FROM '/etc/passwd'",
    "SELECT pg_read_file('/etc/passwd')",
    'CREATE ROLE other SUPERUSER',
    'CREATE DATABASE other',
    'ALTER ROLE writer SUPERUSER',
    'SET ROLE tally',
    'ALTER SYSTEM SET fsync = off',
  ])('is refused %s', async (statement) => {
    await expect(writer.query(statement)).rejects.toMatchObject({
      code: '42501',
    });
  });

  it('counts also in table partitions that are made later', async () => {
    await makeTablePartitions(postgres.url, NOW_MS);
    const tomorrow = MINUTE + 24 * 60;
    expect(await count(writer, 0, tomorrow)).toMatchObject({ kind: 'applied' });
    const { rows } = await postgres
      .pool(postgres.url, 1)
      .query("SELECT tableoid::regclass::text LIKE '%default' AS astray FROM minute_counters");
    expect(rows).toEqual([{ astray: false }]);
  });

  it('takes over from one that owns the tables: what was counted stays, and a superuser is named', async () => {
    const url = await postgres.newDatabase();
    expect(await migrate(url)).toEqual({ role: 'tally', excess: 'is a superuser' });
    await count(postgres.pool(url), 0);
    const later = await postgres.newRole('later', url);
    await expect(count(postgres.pool(later), 1)).rejects.toThrow('permission denied');
    expect(await migrate(url, later)).toEqual({ role: 'later', excess: undefined });
    const pool = postgres.pool(later);
    expect(await count(pool, 0)).toMatchObject({ kind: 'already applied' });
    expect(await count(pool, 1)).toMatchObject({ kind: 'applied' });
    const coverage = await readCoverage(pool, [{ topic: TOPIC, partition: 0 }]);
    expect(JSON.stringify(coverage)).toContain('"to":"2"');
  });

  it('is made able to count by an owner who is no superuser', async () => {
    const url = await postgres.newDatabase();
    const owner = await postgres.newRole('owner', url);
    const { pathname } = new URL(url);
    await postgres.pool(url, 1).query(`ALTER DATABASE ${pathname.slice(1)} OWNER TO owner`);
    expect(await migrate(owner)).toEqual({ role: 'owner', excess: 'owns the tables' });
    const counting = await postgres.migrateFor('counting', owner);
    expect(await count(postgres.pool(counting), 0)).toMatchObject({ kind: 'applied' });
    await makeTablePartitions(owner, NOW_MS);
  });

  it('and that of the owner are made for a database of an earlier start, and again', async () => {
    const url = await postgres.newDatabase();
    await migrate(url);
    await count(postgres.pool(url), 0);
    const roles = (password: string) => ({
      owner: { name: 'stack-owner', password },
      writer: { name: 'stack-writer', password },
    });
    await makeShardRoles(url, roles('first'));
    await makeShardRoles(url, roles("sec'ond"));
    const [owner = '', writing = ''] = ['stack-owner', 'stack-writer'].map(
      (username) => Object.assign(new URL(url), { username, password: "sec'ond" }).href,
    );
    expect(await migrate(owner, writing)).toEqual({ role: 'stack-writer', excess: undefined });
    await makeTablePartitions(owner, NOW_MS);
    const pool = postgres.pool(writing);
    expect(await count(pool, 0)).toMatchObject({ kind: 'already applied' });
    expect(await count(pool, 1)).toMatchObject({ kind: 'applied' });
    await expect(pool.query('CREATE TEMP TABLE more (id int)')).rejects.toThrow(
      'permission denied',
    );
    const stranger = await postgres.newRole('stranger', url);
    await expect(postgres.pool(stranger).query('SELECT 1')).rejects.toThrow('permission denied');
  });

  it('must be there: waiting does not make it', async () => {
    const url = await postgres.newDatabase();
    const nobody = Object.assign(new URL(url), { username: 'absent' }).href;
    const failed = expect(migrate(url, nobody)).rejects;
    await failed.toBeInstanceOf(SchemaError);
    await failed.toThrow('role "absent" does not exist (SQLSTATE 42704)');
  });
});
