import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPostgres, type PostgresServer } from '@tally/testing';
import pg from 'pg';
import { environmentOf } from './environment.js';
import { appOf, find, workloads, type Objects } from './objects.js';
import { render } from './render.js';
import { copyWithSecrets } from './with-secrets.js';

const dir = mkdtempSync(join(tmpdir(), 'tally-secure-postgres-'));
let postgres: PostgresServer;
let urls: ReadonlyMap<string, string | undefined>;

/** Postgres as the overlay starts it, and what it gives the shard-proxy, with files of this machine. */
beforeAll(async () => {
  const manifests = join(import.meta.dirname, '../../../k8s');
  await copyWithSecrets(manifests, join(dir, 'k8s'));
  const objects = render(join(dir, 'k8s/overlays/secure')) as Objects;
  const pods = workloads(objects);
  const server = pods.find(({ title }) => title === 'StatefulSet/postgres-0');
  const proxy = pods.find(({ title }) => title === 'Deployment/shard-proxy-0');
  if (server === undefined || proxy === undefined) throw new Error('expected both pods');
  const [own, proxys] = [join(dir, 'postgres'), join(dir, 'shard-proxy')];
  writeVolumes(objects, server.template.spec?.volumes, own);
  writeVolumes(objects, proxy.template.spec?.volumes, proxys);

  const args = server.containers[0]?.args?.slice(1) ?? [];
  const settings = Object.fromEntries(
    args.map((arg) => /^-c(\w+)=(.*)$/.exec(arg)?.slice(1) ?? []),
  ) as Record<string, string>;
  for (const [name, value] of Object.entries(settings))
    settings[name] = value.replace(/^\/etc\/[\w-]+/, own);
  // There the superuser comes in over the socket, here over loopback.
  const rules = readFileSync(settings['hba_file'] ?? '', 'utf8');
  writeFileSync(settings['hba_file'] ?? '', `hostnossl all tally all scram-sha-256\n${rules}`);
  postgres = await startPostgres({ dir: join(dir, 'data'), settings });
  for (let time = 0; time < 2; time++)
    await asked(postgres.url, readFileSync(join(own, 'roles.sql'), 'utf8'));

  const container = proxy.containers.find((one) => appOf(one) === 'shard-proxy') ?? { name: '' };
  urls = new Map(
    [...environmentOf(objects, container).values].map(([name, value]) => [
      name,
      value
        ?.replaceAll('/etc/tally/', `${proxys}/`)
        .replace('@postgres-0:5432', `@localhost:${postgres.port}`),
    ]),
  );
}, 60_000);
afterAll(async () => {
  await postgres?.process.stop();
  rmSync(dir, { recursive: true, force: true });
}, 30_000);

/** All ConfigMaps and Secrets of a pod as files of one folder. */
function writeVolumes(
  objects: Objects,
  volumes: readonly { configMap?: { name?: string }; secret?: { secretName?: string } }[] = [],
  folder: string,
): void {
  mkdirSync(folder);
  for (const { configMap, secret } of volumes) {
    const texts = find(objects, 'ConfigMap', configMap?.name)?.data ?? {};
    const encoded = find(objects, 'Secret', secret?.secretName)?.data ?? {};
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
    for (const [name, data] of Object.entries(encoded))
      writeFileSync(join(folder, name), Buffer.from(data, 'base64'), { mode: 0o600 });
  }
}

async function asked(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows ?? [];
  } finally {
    await client.end();
  }
}

describe('the Postgres of the overlay secure', () => {
  const url = (variable: string) => urls.get(variable) ?? '';
  const WHO =
    'SELECT current_user AS role, (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid())';

  it('lets a shard-proxy in over TLS, as who counts and as who makes tables', async () => {
    expect(await asked(url('TALLY_SHARD_URL'), WHO)).toEqual([{ role: 'tally-writer', ssl: true }]);
    const owner = url('TALLY_SHARD_MIGRATION_URL');
    expect(await asked(owner, WHO)).toEqual([{ role: 'tally-owner', ssl: true }]);
    await asked(owner, 'CREATE TABLE series (id int)');
    const writes = asked(url('TALLY_SHARD_URL'), 'DROP TABLE series');
    await expect(writes).rejects.toThrow('must be owner of table series');
  });

  it('lets nobody else in', async () => {
    const open = new URL(url('TALLY_SHARD_URL'));
    const certificate = new URL(open);
    open.search = '';
    await expect(asked(open.href, WHO)).rejects.toThrow('no encryption');
    for (const parameter of ['sslcert', 'sslkey']) certificate.searchParams.delete(parameter);
    await expect(asked(certificate.href, WHO)).rejects.toThrow('client certificate');
    // The superuser too has no certificate, and that of a role is for that role alone.
    const superuser = Object.assign(new URL(url('TALLY_SHARD_URL')), { username: 'tally' });
    await expect(asked(superuser.href, WHO)).rejects.toThrow('certificate authentication failed');
  });
});
