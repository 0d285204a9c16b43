import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, ServerProcess, startPostgres } from '@tally/testing';
import pg from 'pg';
import { settingsOf } from './postgres-settings.js';
import type { Candidate } from './candidate.js';

/** The plain service and its Postgres, with the settings that Tally's shards have. */
export async function startBaseline(): Promise<Candidate> {
  const dir = mkdtempSync(join(tmpdir(), 'tally-load-'));
  const postgres = await startPostgres({ dir: join(dir, 'postgres') });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/v1/events`;
  const service = new ServerProcess({
    name: 'baseline',
    command: process.execPath,
    args: [join(import.meta.dirname, 'baseline-service.js')],
    env: { ...process.env, NODE_ENV: 'production', DATABASE_URL: postgres.url, PORT: String(port) },
    logFile: join(dir, 'service.log'),
    // A question that it does not know, but answers.
    ready: async () => (await fetch(url)).status === 404,
  });
  await service.start();
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  return {
    name: 'baseline',
    urls: [url],
    processes: new Map([
      ['service', service.pid ?? 0],
      ['Postgres', postgres.process.pid ?? 0],
    ]),
    settings: await settingsOf(postgres.url),
    // An acknowledged event is counted.
    counted: () => Promise.resolve(),
    countsOf: async (type, subjects) => {
      const { rows } = await client.query<{ subject: string; count: string }>(
        'SELECT subject, sum(count) AS count FROM counts WHERE type = $1 AND subject = ANY($2) GROUP BY 1',
        [type, subjects],
      );
      return new Map(rows.map(({ subject, count }) => [subject, Number(count)]));
    },
    stop: async () => {
      await client.end();
      await service.stop();
      await postgres.process.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
