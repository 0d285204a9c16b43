import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DAY_MS } from '@tally/contracts';
import { eventually } from '@tally/testing';
import pg from 'pg';
import { APPLY_DELTA } from '../src/delta/apply-delta.sql.js';
import { applyDelta, makeTablePartitions, migrate } from '../src/index.js';
import { makeAll, makeMissing } from '../src/table-partitions/make-table-partitions.js';
import { MINUTES_PER_DAY, tomorrow } from '../src/table-partitions/time-ranges.js';
import { READ_COUNTERS } from '../src/read/read-counters.sql.js';
import { PostgresFixture } from './support/database.js';
import { delta, names, row } from './support/requests.js';

const NOON = 20_000.5 * DAY_MS;
const TOMORROW = tomorrow(NOON);

const postgres = new PostgresFixture();
beforeAll(() => postgres.start(), 120_000);
afterAll(() => postgres.stop(), 60_000);

async function newShard() {
  const url = await postgres.newDatabase();
  await migrate(url);
  return { url, pool: postgres.pool(url) };
}

const homes = async (pool: pg.Pool, minute: number) =>
  (
    await pool.query<{ home: string }>(
      'SELECT tableoid::regclass::text AS home FROM minute_counters WHERE start_minute = $1',
      [minute],
    )
  ).rows.map(({ home }) => home);

/** What the server says at DEBUG1 meanwhile about constraints that it need not check. */
async function implied(
  url: string,
  work: (client: pg.Client) => Promise<unknown>,
): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, options: '-c client_min_messages=debug1' });
  const said: string[] = [];
  client.on('notice', ({ message }) => said.push(message ?? ''));
  await client.connect();
  await work(client);
  await client.end();
  return said.filter((message) =>
    /^updated partition constraint for default .* is implied/.test(message),
  );
}

describe('partitions', () => {
  it('are made from tomorrow to a week ahead, and what is older lies in DEFAULT', async () => {
    const { url, pool } = await newShard();
    const { made, left, throughMinute } = await makeTablePartitions(url, NOON);
    expect(made).toContain('minute_counters_7d_20241005');
    expect(made.length).toBeGreaterThan(25);
    expect(left).toEqual([]);
    expect(throughMinute).toBe(TOMORROW + 7 * MINUTES_PER_DAY);
    const rows = [0, TOMORROW - 1, TOMORROW, TOMORROW + 7 * MINUTES_PER_DAY].map((minute) =>
      row('a', minute, { retention: 1 }),
    );
    await applyDelta(pool, delta({ 0: [[0, 1]] }, rows));
    expect(await homes(pool, 0)).toEqual(['minute_counters_7d_default']);
    expect(await homes(pool, TOMORROW - 1)).toEqual(['minute_counters_7d_default']);
    expect(await homes(pool, TOMORROW)).toEqual(['minute_counters_7d_20241005']);
    expect(await homes(pool, TOMORROW + 7 * MINUTES_PER_DAY)).toEqual([
      'minute_counters_7d_default',
    ]);
    expect((await makeTablePartitions(url, NOON)).made).toEqual([]);
    const next = await makeTablePartitions(url, NOON + 2 * DAY_MS);
    expect(next.made).toContain('minute_counters_1d_20241012');
  });

  it('are attached without a scan of DEFAULT, because its CHECK excludes them', async () => {
    const { url } = await newShard();
    const pool = postgres.pool(url);
    const skipped = await implied(url, (client) => makeAll(client, NOON));
    const { rowCount } = await pool.query(
      "SELECT FROM pg_class WHERE relkind = 'r' AND relname ~ '^(sketches|\\w+_counters)_.*_[0-9]{8}$'",
    );
    expect(skipped.length).toBe(rowCount);
    const leftOver = await pool.query("SELECT FROM pg_constraint WHERE conname = 'excludes_next'");
    expect(leftOver.rowCount).toBe(0);
  });

  it('would be attached with a scan if there were no CHECK (control)', async () => {
    const { url } = await newShard();
    const skipped = await implied(url, (client) =>
      client.query(`CREATE TABLE next (LIKE minute_counters_7d INCLUDING ALL);
        ALTER TABLE minute_counters_7d ATTACH PARTITION next FOR VALUES FROM (10) TO (20)`),
    );
    expect(skipped).toEqual([]);
  });

  it('whose time DEFAULT holds already are left to it, the others are made', async () => {
    const { url, pool } = await newShard();
    const early = TOMORROW + 2 * MINUTES_PER_DAY + 5;
    await applyDelta(pool, delta({ 0: [[0, 1]] }, [row('a', early, { retention: 0 })]));
    const { made, left, throughMinute } = await makeTablePartitions(url, NOON);
    expect(left).toEqual(['minute_counters_1d_20241007']);
    expect(made).toContain('minute_counters_1d_20241008');
    expect(throughMinute).toBe(TOMORROW + 2 * MINUTES_PER_DAY);
    await applyDelta(pool, delta({ 0: [[1, 2]] }, [row('a', early, { retention: 0 })]));
    expect((await pool.query('SELECT count FROM minute_counters')).rows).toEqual([{ count: '2' }]);
  });

  it('are made once by two that try at the same time, while writers go on', async () => {
    const { url, pool } = await newShard();
    let offset = 0;
    let stop = false;
    const writer = async (partition: number) => {
      while (!stop) {
        // Old, of today and far ahead: DEFAULT and what is being made.
        const minutes = [5, TOMORROW - 60, TOMORROW + 30, TOMORROW + 3000, TOMORROW + 900_000];
        const rows = minutes.map((minute) =>
          row(`s${partition}`, minute, { retention: offset % 6 }),
        );
        const at = offset++;
        await applyDelta(
          pool,
          delta({ [partition]: [[at, at + 1]] }, rows, { seriesNames: names(`s${partition}`) }),
        );
      }
    };
    const writers = [writer(0), writer(1)];
    const reports = await Promise.all([
      makeTablePartitions(url, NOON),
      makeTablePartitions(url, NOON),
    ]);
    stop = true;
    await Promise.all(writers);
    const names_ = reports.flatMap(({ made, left }) => [...made, ...left]);
    expect(new Set(names_).size).toBeGreaterThan(25);
    const { rows } = await pool.query<{ sum: string }>('SELECT sum(count) FROM minute_counters');
    expect(Number(rows[0]?.sum)).toBe(offset * 5);
  });

  it('of the time asked are the only ones that a read opens, by their index', async () => {
    const { url, pool } = await newShard();
    await makeTablePartitions(url, NOON);
    const many = Array.from({ length: 2000 }, (_, index) =>
      row(`s${index}`, TOMORROW + 1, { retention: 1 }),
    );
    await applyDelta(pool, delta({ 0: [[0, 1]] }, many));
    await pool.query('ANALYZE minute_counters');
    const ids = many.slice(0, 3).map(({ series }) => Buffer.from(series).toString('hex'));
    const values = [ids, TOMORROW, TOMORROW + 60, 60, ['t'], [1], 10];
    const { rows } = await pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${READ_COUNTERS}`, values);
    const plan = rows.map((line) => line['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/Index Scan using minute_counters_7d_20241005_pkey/);
    // Nothing else of this retention class is opened, and nothing of another day; empty ones may be scanned.
    expect(plan).not.toMatch(/Seq Scan on minute_counters_7d|default|20241006/);
  });
});

/** Each of the statements, until so many are done; then Postgres ends the connection. */
class EndedAfter extends pg.Client {
  statements = 0;

  constructor(
    url: string,
    private readonly most: number,
    private readonly admin: pg.Pool,
  ) {
    super({ connectionString: url });
    this.on('error', () => undefined);
  }

  async run(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
    await this.connect();
    const { rows } = await this.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const send = this.query.bind(this) as (...args: unknown[]) => Promise<unknown>;
    const counted = async (...args: unknown[]) => {
      if (this.statements++ === this.most)
        await this.admin.query('SELECT pg_terminate_backend($1, 5000)', [rows[0]?.pid]);
      return send(...args);
    };
    Object.assign(this, { query: counted });
    await work(this).catch(() => undefined);
    await this.end();
  }
}

const WEEK_LATER = NOON + 7 * DAY_MS;
/** Within the ranges that are made at NOON, and no row of theirs is older than a week later. */
const OF_THEN = tomorrow(WEEK_LATER) - 30;

describe('making partitions, when the connection ends', () => {
  let template: string;
  const killedAfter = async (statements: number) => {
    const url = await postgres.newDatabase(template);
    const pool = postgres.pool(url);
    const client = new EndedAfter(url, statements, pool);
    await client.run((killed) => makeAll(killed, NOON));
    return { url, pool, client };
  };
  const leftOver = async (pool: pg.Pool) =>
    (await pool.query("SELECT FROM pg_constraint WHERE conname = 'excludes_next'")).rowCount;
  /** A row of each retention class, of a day that was to have a table partition. */
  const write = (pool: pg.Pool, minute: number) =>
    applyDelta(
      pool,
      delta(
        { 0: [[minute, minute + 1]] },
        Array.from({ length: 6 }, (_, retention) => row('a', minute, { retention })),
      ),
    );

  beforeAll(async () => {
    const url = await postgres.newDatabase();
    await migrate(url);
    template = new URL(url).pathname.slice(1);
  });

  // Two table partitions and the beginning of a third: looking, then CHECK, validation, attaching.
  it.each(Array.from({ length: 10 }, (_, statements) => statements))(
    'after %i statements, is mended by the next time: rows of a week later are taken',
    async (statements) => {
      const { url, pool, client } = await killedAfter(statements);
      expect(client.statements).toBeGreaterThan(statements);
      const { left, throughMinute } = await makeTablePartitions(url, WEEK_LATER);
      expect([left, await leftOver(pool)]).toEqual([[], 0]);
      expect(throughMinute).toBeGreaterThan(OF_THEN);
      for (const minute of [OF_THEN - 3 * MINUTES_PER_DAY, OF_THEN, TOMORROW + 5])
        expect(await write(pool, minute)).toMatchObject({ kind: 'applied' });
    },
    60_000,
  );

  /** Within the second table, while its first CHECK stands; a week later the first cannot be made. */
  const stuck = async () => {
    const { url, pool } = await killedAfter(25);
    expect(await leftOver(pool)).toBe(1);
    await pool.query('CREATE TABLE minute_counters_1d_20241012 ()');
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const refused = () =>
      applyDelta(pool, delta({ 0: [[0, 1]] }, [row('a', TOMORROW + 5, { retention: 1 })]));
    return { client, refused };
  };

  it('mends first: also where another table partition can never be made', async () => {
    const { client, refused } = await stuck();
    await expect(makeAll(client, WEEK_LATER)).rejects.toThrow('already exists');
    expect(await refused()).toMatchObject({ kind: 'applied' });
    await client.end();
  });

  it('would refuse rows for ever if it did not (control)', async () => {
    const { client, refused } = await stuck();
    await expect(makeMissing(client, WEEK_LATER)).rejects.toThrow('already exists');
    await expect(refused()).rejects.toThrow('excludes_next');
    await client.end();
  });

  it('or hangs, is broken off by an abort', async () => {
    const url = await postgres.newDatabase(template);
    const other = await postgres.pool(url).connect();
    // Held by who makes them: the next one waits for its turn.
    await other.query('SELECT pg_advisory_lock(1415670892, 2)');
    const stopping = new AbortController();
    const broken = makeTablePartitions(url, NOON, stopping.signal);
    await eventually('it waits', async () => {
      const { rowCount } = await other.query('SELECT FROM pg_locks WHERE NOT granted');
      return rowCount === 1;
    });
    stopping.abort();
    await expect(broken).rejects.toMatchObject({ code: 'unavailable' });
    other.release(true);
  });
});

describe('the statement of a delta', () => {
  it('finds its rows by their keys', async () => {
    const { pool } = await newShard();
    const client = await pool.connect();
    await client.query('SET plan_cache_mode = force_generic_plan');
    await client.query(`PREPARE apply AS ${APPLY_DELTA.text}`);
    const parameters = new Set(APPLY_DELTA.text.match(/\$\d+/g));
    const nulls = Array.from(parameters, () => 'NULL').join(', ');
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN EXECUTE apply(${nulls})`,
    );
    const plan = rows.map((line) => line['QUERY PLAN']).join('\n');
    client.release();
    expect(plan).toMatch(/Index Scan.* (on|using) coverage/);
    expect(plan.match(/Conflict Arbiter Indexes: \w+_counters_pkey/g)).toHaveLength(3);
  });
});
