import pg from 'pg';

/** What durability costs, and is bought with. Throws where it is off: such a figure means nothing. */
export async function settingsOf(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; setting: string }>(
      "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes')",
    );
    const off = rows.filter(({ setting }) => setting !== 'on');
    if (off.length > 0)
      throw new Error(
        `Postgres: ${off.map(({ name, setting }) => `${name} ${setting}`).join(', ')}`,
      );
    return rows.map(({ name, setting }) => `${name} ${setting}`);
  } finally {
    await client.end();
  }
}
