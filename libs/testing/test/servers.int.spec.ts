import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startPostgres, startRedis, startZooKeeper } from '../src/index.js';

const dir = mkdtempSync(join(tmpdir(), 'tally-servers-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('servers for tests', () => {
  it('Postgres keeps what was committed through SIGKILL and a second start', async () => {
    const options = { dir: join(dir, 'postgres') };
    const first = await startPostgres(options);
    const writer = new pg.Client(first.url);
    writer.on('error', () => undefined);
    await writer.connect();
    await writer.query('CREATE TABLE t AS SELECT 42 AS answer');
    await first.process.kill();
    const second = await startPostgres({ ...options, port: first.port });
    const reader = new pg.Client(second.url);
    await reader.connect();
    const { rows } = await reader.query('SELECT answer, current_setting($1) AS fsync FROM t', [
      'fsync',
    ]);
    await reader.end();
    await second.process.stop();
    expect(rows).toEqual([{ answer: 42, fsync: 'on' }]);
  }, 60_000);

  it('ZooKeeper and Redis answer, and are gone after stop', async () => {
    const zookeeper = await startZooKeeper({ dir: join(dir, 'zookeeper') });
    const redis = await startRedis({ dir: join(dir, 'redis') });
    expect([zookeeper.process.running, redis.process.running]).toEqual([true, true]);
    await Promise.all([zookeeper.process.stop(), redis.process.stop()]);
    expect([zookeeper.process.running, redis.process.running]).toEqual([false, false]);
  }, 60_000);

  it('a server that cannot start says why, with the end of its log', async () => {
    const options = { dir: join(dir, 'unsettled'), settings: { shared_buffers: 'plenty' } };
    await expect(startPostgres(options)).rejects.toThrow(
      /Postgres ended while starting; its log ends with: .*shared_buffers.*plenty/s,
    );
  }, 60_000);

  it('a taken port is refused, although the server that has it would answer', async () => {
    const { port, process } = await startRedis({ dir: join(dir, 'taken') });
    const second = startRedis({ dir: join(dir, 'second'), port });
    await expect(second).rejects.toThrow(`port ${port} of 127.0.0.1 is taken`);
    await process.stop();
  }, 60_000);
});
