import fastify from 'fastify';
import pg from 'pg';

/**
 * The service that a good engineer would write instead: one Postgres, a table of ids, an upsert, one
 * transaction, 202 after its commit. Exact and durable, on one machine, for as many ids as the table
 * bears. Settings: DATABASE_URL, PORT.
 */
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 8 });
await pool.query(`
  CREATE TABLE IF NOT EXISTS seen (id text PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS counts (type text, subject text, minute timestamptz,
    count bigint NOT NULL, sum numeric NOT NULL, PRIMARY KEY (subject, type, minute))`);
const ADD = `
  WITH told AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::numeric[])
      AS t(id, type, subject, time, value)),
  fresh AS (INSERT INTO seen SELECT DISTINCT id FROM told ORDER BY id ON CONFLICT DO NOTHING RETURNING id),
  sums AS (
    SELECT type, subject, date_trunc('minute', time) AS minute, count(*) AS count, sum(value) AS sum
    FROM (SELECT DISTINCT ON (id) * FROM told JOIN fresh USING (id)) AS counted GROUP BY 1, 2, 3)
  INSERT INTO counts AS c SELECT * FROM sums ORDER BY subject, type, minute
  ON CONFLICT (subject, type, minute)
  DO UPDATE SET count = c.count + excluded.count, sum = c.sum + excluded.sum`;
const text = { type: 'string', minLength: 1, maxLength: 512 } as const;
const event = {
  type: 'object',
  required: ['id', 'type', 'subject'],
  additionalProperties: false,
  properties: {
    id: text,
    type: text,
    subject: text,
    time: { type: 'string', format: 'date-time' },
    value: { type: 'number' },
  },
} as const;
interface Event {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time?: string;
  readonly value?: number;
}
const app = fastify({ bodyLimit: 8 << 20 });
const schema = { body: { type: 'array', maxItems: 10_000, items: event } };
app.post<{ Body: Event[] }>('/v1/events', { schema }, async ({ body }, reply) => {
  const now = new Date().toISOString();
  const column = <T>(of: (event: Event) => T) => body.map(of);
  const values = [column(({ id }) => id), column(({ type }) => type)];
  const more = [column(({ time }) => time ?? now), column(({ value }) => value ?? 0)];
  await pool.query({
    name: 'add',
    text: ADD,
    values: [...values, column(({ subject }) => subject), ...more],
  });
  return reply.code(202).send({ accepted: body.length });
});
await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
