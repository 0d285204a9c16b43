import pg from 'pg';

/**
 * What the statements of this library need, and no more: nothing is deleted, emptied or made by a
 * shard-proxy that runs. Table partitions are reached through the table that they belong to, so that
 * new ones need no right of their own.
 */
const RIGHTS: Readonly<Record<string, string>> = {
  minute_counters: 'SELECT, INSERT, UPDATE',
  quarter_counters: 'SELECT, INSERT, UPDATE',
  day_counters: 'SELECT, INSERT, UPDATE',
  series: 'SELECT, INSERT',
  coverage: 'SELECT, INSERT, UPDATE',
  ledger: 'SELECT, INSERT, UPDATE',
  // FOR SHARE asks for the right to change a column: one whose change would say nothing.
  rolled: 'SELECT, UPDATE (granularity)',
  accepted_losses: 'SELECT, INSERT',
  installation: 'SELECT, INSERT',
  kept_nodes: 'SELECT, INSERT, UPDATE',
  sketches: 'SELECT, INSERT',
  dead_events: 'SELECT, INSERT, UPDATE',
  dead_event_actions: 'SELECT, INSERT, UPDATE (events)',
};

/** The role that runs the statements on counters. */
export interface Writer {
  readonly role: string;
  /** Why it could do more than count, e.g. `is a superuser`; undefined: it cannot. */
  readonly excess: string | undefined;
}

/** As whom the driver logs in with this URL, also where the URL names nobody. */
export function roleOf(url: string): string {
  return new pg.Client({ connectionString: url }).user ?? '';
}

/** Gives the role what it lacks. Fails where there is no such role, or `client` does not own the tables. */
export async function grantWriter(client: pg.Client, role: string): Promise<void> {
  const grantee = client.escapeIdentifier(role);
  const grants = Object.entries(RIGHTS).map(
    ([table, rights]) => `GRANT ${rights} ON ${table} TO ${grantee}`,
  );
  await client.query(['BEGIN', ...grants, 'COMMIT'].join(';\n'));
}

/** What the role could do beside its work. */
export async function lookAtWriter(client: pg.Client, role: string): Promise<Writer> {
  const { rows } = await client.query<{ excess: string | null }>(EXCESS, [role]);
  return { role, excess: rows[0]?.excess ?? undefined };
}

const EXCESS = `
SELECT CASE
         WHEN w.rolsuper THEN 'is a superuser'
         WHEN pg_has_role(w.oid, c.relowner, 'MEMBER') THEN 'owns the tables'
         WHEN w.rolcreaterole THEN 'may make roles'
         WHEN has_schema_privilege(w.oid, c.relnamespace, 'CREATE') THEN 'may make tables'
       END AS excess
FROM pg_roles w, pg_class c
WHERE w.rolname = $1 AND c.oid = 'coverage'::regclass`;
