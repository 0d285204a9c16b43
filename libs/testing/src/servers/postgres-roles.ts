import pg from 'pg';

/** A role that may log in. */
export interface Login {
  readonly name: string;
  readonly password: string;
}

/**
 * Makes the two roles of a shard's database, and gives `owner` the database of `url` with all tables
 * that an earlier start without roles made in it; `writer` may connect, and nobody else. `url`: of a
 * superuser. May be done again, also with other passwords.
 */
export async function makeShardRoles(
  url: string,
  { owner, writer }: { readonly owner: Login; readonly writer: Login },
): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  await client.connect();
  try {
    for (const login of [owner, writer]) await makeRole(client, login);
    const owning = client.escapeIdentifier(owner.name);
    const writing = client.escapeIdentifier(writer.name);
    const database = client.escapeIdentifier(client.database ?? '');
    await client.query(`ALTER DATABASE ${database} OWNER TO ${owning}`);
    await client.query(`REVOKE CONNECT, TEMPORARY ON DATABASE ${database} FROM PUBLIC`);
    await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${writing}`);
    const { rows } = await client.query<{ name: string }>(TABLES_OF_OTHERS, [owner.name]);
    for (const { name } of rows) await client.query(`ALTER TABLE ${name} OWNER TO ${owning}`);
  } finally {
    await client.end();
  }
}

/** Sequences of columns follow their table. */
const TABLES_OF_OTHERS = `
SELECT c.oid::regclass::text AS name
FROM pg_class c JOIN pg_roles o ON o.oid = c.relowner
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND o.rolname <> $1`;

async function makeRole(client: pg.Client, { name, password }: Login): Promise<void> {
  const role = client.escapeIdentifier(name);
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  if (rowCount === 0) await client.query(`CREATE ROLE ${role}`);
  await client.query(
    `ALTER ROLE ${role} LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB PASSWORD ${client.escapeLiteral(password)}`,
  );
  // A shard-proxy asks for shorter ones by itself; these are for whoever else has the password.
  for (const timeout of ['statement_timeout', 'idle_in_transaction_session_timeout'])
    await client.query(`ALTER ROLE ${role} SET ${timeout} = '15min'`);
}
