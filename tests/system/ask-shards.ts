import pg from 'pg';

/** What each shard's Postgres answers, in the order of the addresses. */
export function askShards<Row extends pg.QueryResultRow>(
  { shards: urls }: { readonly shards: readonly string[] },
  sql: string,
): Promise<Row[][]> {
  const shards = urls.map(async (connectionString) => {
    const client = new pg.Client({ connectionString });
    await client.connect();
    const { rows } = await client.query<Row>(sql);
    await client.end();
    return rows;
  });
  return Promise.all(shards);
}
