import { within } from '@tally/resilience';
import type pg from 'pg';

/** What only one process of a shard may do at a time; the numbers are in pg_locks. */
const LOCKS = { migrate: 1, tablePartitions: 2 } as const;
/** "Tall": keeps our locks apart from those of others in the same database. */
const NAMESPACE = 0x54616c6c;

/** How long a connection that is given up may take to say so; a server that hangs never does. */
const END_MS = 1000;

/** Holds the lock on this connection while `work` runs; Postgres frees it should we vanish. */
export async function holdingLock<T>(
  client: pg.Client,
  name: keyof typeof LOCKS,
  work: () => Promise<T>,
): Promise<T> {
  const key = [NAMESPACE, LOCKS[name]];
  await client.query('SELECT pg_advisory_lock($1::int4, $2::int4)', key);
  const result = await work();
  // After a failure the end of the connection does it: an unlock that fails too would hide the reason.
  await client.query('SELECT pg_advisory_unlock($1::int4, $2::int4)', key);
  return result;
}

/**
 * A connection of its own for work that takes longer than a request may. Aborted, the connection
 * breaks, and with it whatever statement is under way.
 */
export async function connected<T>(
  connect: () => pg.Client,
  work: (client: pg.Client) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const client = connect();
  // What breaks an idle connection shows at its next use.
  client.on('error', () => undefined);
  const breakOff = () => void client.end();
  signal?.addEventListener('abort', breakOff, { once: true });
  try {
    await client.connect();
    return await work(client);
  } finally {
    signal?.removeEventListener('abort', breakOff);
    await within(END_MS, client.end());
  }
}
