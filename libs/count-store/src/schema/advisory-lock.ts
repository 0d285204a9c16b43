import type pg from 'pg';

/** What only one process of a shard may do at a time; the numbers are in pg_locks. */
const LOCKS = { migrate: 1, tablePartitions: 2 } as const;
/** "Tall": keeps our locks apart from those of others in the same database. */
const NAMESPACE = 0x54616c6c;

/** Holds the lock on this connection while `work` runs; Postgres frees it should we vanish. */
export async function holdingLock<T>(
  client: pg.Client,
  name: keyof typeof LOCKS,
  work: () => Promise<T>,
): Promise<T> {
  const key = [NAMESPACE, LOCKS[name]];
  await client.query('SELECT pg_advisory_lock($1::int4, $2::int4)', key);
  try {
    return await work();
  } finally {
    await client.query('SELECT pg_advisory_unlock($1::int4, $2::int4)', key);
  }
}

/** A connection of its own for work that takes longer than a request may. */
export async function connected<T>(
  connect: () => pg.Client,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = connect();
  // What breaks an idle connection shows at its next use.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
