import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually, freePort } from '@tally/testing';
import { S3Store, type S3StoreOptions } from '../src/snapshots/s3-store.js';

jest.setTimeout(60_000);

const BUCKET = 'tally';
const SERVER = createRequire(import.meta.url).resolve('s3rver/bin/s3rver.js');
/** Of the server, whoever starts it. */
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' };

describe('generations in a bucket', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tally-s3-'));
  const before = { ...process.env };
  let endpoint: string;
  let server: ChildProcess;

  beforeAll(async () => {
    Object.assign(process.env, CREDENTIALS);
    const port = await freePort();
    endpoint = `http://127.0.0.1:${port}`;
    const address = ['-a', '127.0.0.1', '-p', String(port)];
    // Its tokens are encrypted with DES.
    const node = ['--openssl-legacy-provider', SERVER];
    const args = [...node, '--silent', '-d', dir, ...address, '--configure-bucket', BUCKET];
    server = spawn(process.execPath, args, { stdio: 'ignore' });
    await eventually('the server answers', async () => (await fetch(endpoint)).status > 0);
  });
  afterAll(async () => {
    process.env = before;
    server.kill();
    await once(server, 'exit');
    rmSync(dir, { recursive: true, force: true });
  });

  const using = async <T>(
    options: Partial<S3StoreOptions>,
    work: (store: S3Store) => Promise<T>,
  ): Promise<T> => {
    const store = new S3Store({
      bucket: BUCKET,
      prefix: 'window-generations/',
      region: 'us-east-1',
      endpoint,
      ...options,
    });
    try {
      return await work(store);
    } finally {
      store.close();
    }
  };

  it('are there as they were written, until they are removed', () =>
    using({}, async (store) => {
      expect(await store.list()).toEqual([]);
      const bytes = Buffer.alloc(2 << 20, 'a generation');
      await store.write('one', bytes);
      await store.write('one', bytes);
      await store.write('two', Buffer.of(1, 0, 255));
      expect([...(await store.list())].sort()).toEqual(['one', 'two']);
      expect((await store.read('one'))?.equals(bytes)).toBe(true);
      expect(await store.read('two')).toEqual(Buffer.of(1, 0, 255));
      await store.remove('one');
      await store.remove('one');
      expect(await store.read('one')).toBeUndefined();
      expect(await store.list()).toEqual(['two']);
    }));

  it('are all listed, also where a page does not hold them, and those of others are not', async () => {
    const names = Array.from({ length: 25 }, (_, number) => `g${number}`);
    await using({ prefix: 'many/', pageKeys: 10 }, async (store) => {
      await Promise.all(names.map((name) => store.write(name, Buffer.of(1))));
      expect(new Set(await store.list())).toEqual(new Set(names));
    });
    await using({ prefix: 'none/' }, async (store) => expect(await store.list()).toEqual([]));
  });

  it('are not to be had of a bucket that is not there', () =>
    using({ bucket: 'nothing' }, async (store) => {
      await expect(store.list()).rejects.toThrow();
      await expect(store.write('one', Buffer.of(1))).rejects.toThrow();
    }));
});
