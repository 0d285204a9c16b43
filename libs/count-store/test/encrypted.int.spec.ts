import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { applyDelta, makeTablePartitions, migrate, SchemaError } from '../src/index.js';
import { Authority, type Certificate } from './support/certificates.js';
import { PostgresFixture } from './support/database.js';
import { delta } from './support/requests.js';

const dir = mkdtempSync(join(tmpdir(), 'tally-encrypted-'));
const authority = new Authority(dir, 'ours');
const strangers = new Authority(dir, 'others');
const postgres = new PostgresFixture();

/** The superuser of the test comes in as ever; who counts or makes tables needs TLS and a certificate. */
const HBA = `host all tally 127.0.0.1/32 scram-sha-256
hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-full
`;

beforeAll(async () => {
  const { cert, key, ca } = authority.issue('server');
  const hba = join(dir, 'pg_hba.conf');
  writeFileSync(hba, HBA);
  await postgres.start({
    ssl: 'on',
    ssl_cert_file: cert,
    ssl_key_file: key,
    ssl_ca_file: ca,
    hba_file: hba,
  });
  for (const role of ['owner', 'writer']) await postgres.newRole(role, postgres.url);
  await postgres.pool(postgres.url, 1).query('ALTER DATABASE tally OWNER TO owner');
}, 120_000);
afterAll(async () => {
  await postgres.stop();
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

function urlOf(role: string, settings: Readonly<Record<string, string>>): string {
  const url = Object.assign(new URL(postgres.url), { username: role, password: 'x' });
  url.search = new URLSearchParams(settings).toString();
  return url.href;
}

const verified = ({ cert, key, ca }: Certificate) => ({
  sslmode: 'verify-full',
  sslrootcert: ca,
  sslcert: cert,
  sslkey: key,
});

describe('a shard whose Postgres asks for TLS and a certificate', () => {
  it('is made and counted in by a URL that names the files', async () => {
    const owner = urlOf('owner', verified(authority.issue('owner')));
    const writer = urlOf('writer', verified(authority.issue('writer')));
    expect(await migrate(owner, writer)).toEqual({ role: 'writer', excess: undefined });
    await makeTablePartitions(owner, 0);
    const pool = postgres.pool(writer);
    expect(await applyDelta(pool, delta({ 0: [[0, 1]] }))).toMatchObject({ kind: 'applied' });
    const { rows } = await pool.query(
      'SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    );
    expect(rows).toEqual([{ ssl: true, version: 'TLSv1.3' }]);
  });

  const owner = (more: Readonly<Record<string, string>> = {}) => ({
    ...verified(authority.issue('owner')),
    ...more,
  });
  it.each([
    ['without TLS', () => ({}), 'no encryption'],
    [
      'without a certificate',
      () => ({ sslmode: 'verify-full', sslrootcert: join(dir, 'ours.crt') }),
      'requires a valid client certificate',
    ],
    ['with the certificate of another role', () => verified(authority.issue('writer')), '28P01'],
    [
      'with a certificate of strangers',
      () => ({ ...verified(strangers.issue('owner')), sslrootcert: join(dir, 'ours.crt') }),
      'unknown ca',
    ],
    [
      'when it believes only strangers',
      () => owner({ sslrootcert: join(dir, 'others.crt') }),
      'TLS with Postgres is not to be had',
    ],
    ['when a file is not there', () => owner({ sslkey: join(dir, 'absent') }), 'no such file'],
    [
      'when a file is no certificate',
      () => owner({ sslcert: join(dir, 'pg_hba.conf') }),
      'TLS with Postgres is not to be had',
    ],
  ])('refuses who comes %s: one sentence, and waiting does not mend it', async (_, how, reason) => {
    const failed = expect(migrate(urlOf('owner', how()))).rejects;
    await failed.toBeInstanceOf(SchemaError);
    await failed.toThrow(reason);
    await failed.toThrow('waiting does not mend this');
  });

  it('is not believed under another address than that of its certificate', async () => {
    const url = new URL(urlOf('owner', owner()));
    url.hostname = 'localhost';
    const failed = expect(migrate(url.href)).rejects;
    await failed.toBeInstanceOf(SchemaError);
    await failed.toThrow("does not match certificate's altnames");
  });
});

describe('a shard whose Postgres has no TLS', () => {
  it('says so to a URL that asks for it', async () => {
    const open = new PostgresFixture();
    try {
      await open.start();
      const failed = expect(migrate(`${open.url}?sslmode=verify-full`)).rejects;
      await failed.toBeInstanceOf(SchemaError);
      await failed.toThrow('does not support SSL connections');
    } finally {
      await open.stop();
    }
  }, 60_000);
});
