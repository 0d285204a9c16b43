import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DAY_MS } from '@tally/contracts';
import { makeShardRoles, startPostgres } from '@tally/testing';
import type { CertificateFiles } from './certificates.js';
import { Secrets } from './secrets.js';

let dir: string;
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'tally-secrets-')), 'secrets');
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }));

const inDays = (days: number) => new Secrets(dir, () => Date.now() + days * DAY_MS);
const serialOf = (file: string) => new X509Certificate(readFileSync(file)).serialNumber;
const read = ({ cert, key, ca }: CertificateFiles) => ({
  cert: readFileSync(cert),
  key: readFileSync(key),
  ca: readFileSync(ca),
});

/** What the server says when `client` shows its certificate; throws where one does not believe the other. */
async function meet(server: CertificateFiles, client: CertificateFiles, servername: string) {
  const listening = createServer({ ...read(server), requestCert: true }, (socket) =>
    socket.end(String(socket.getPeerCertificate().subject.CN)),
  );
  listening.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  try {
    const address = listening.address();
    if (address === null || typeof address === 'string') throw new Error('expected a port');
    const socket = connect({ ...read(client), host: '127.0.0.1', port: address.port, servername });
    let said = '';
    for await (const chunk of socket) said += String(chunk);
    return said;
  } finally {
    listening.close();
  }
}

describe('the secrets of a stack', () => {
  it('are for their owner alone', () => {
    const secrets = new Secrets(dir);
    secrets.environmentOf('query');
    const modeOf = (...path: string[]) => statSync(join(dir, ...path)).mode & 0o777;
    expect([modeOf(), modeOf('certificates'), modeOf('zookeeper')]).toEqual([0o700, 0o700, 0o600]);
    const keys = readdirSync(join(dir, 'certificates')).filter((name) => name.endsWith('.key'));
    expect(keys.sort()).toEqual(['ca.key', 'query.key']);
    for (const key of keys) expect(modeOf('certificates', key)).toBe(0o600);
  });

  it('stay over restarts, and differ from each other', () => {
    const first = new Secrets(dir);
    const { cert, ca } = first.certificates.of('query');
    const before = [serialOf(cert), serialOf(ca), first.passwordOf('redis')];
    const later = inDays(20);
    later.certificates.of('query');
    expect([serialOf(cert), serialOf(ca), later.passwordOf('redis')]).toEqual(before);
    expect(first.passwordOf('other')).not.toBe(before[2]);
  });

  it('let a service and a server believe each other, under the name of the server', async () => {
    const { certificates } = new Secrets(dir);
    const [server, client] = [certificates.of('shard-proxy'), certificates.of('query')];
    for (const name of ['shard-proxy', 'localhost'])
      expect(await meet(server, client, name)).toBe('query');
    await expect(meet(server, client, 'processor')).rejects.toThrow('does not match');
    const other = new Secrets(join(dir, 'other')).certificates.of('query');
    await expect(meet(server, other, 'shard-proxy')).rejects.toThrow();
  });

  it('are renewed a week before their end, those of an older authority with it', () => {
    const { cert, ca } = new Secrets(dir).certificates.of('query');
    const before = [serialOf(cert), serialOf(ca)];
    inDays(24).certificates.of('query');
    expect(serialOf(cert)).not.toBe(before[0]);
    expect(serialOf(ca)).toBe(before[1]);
    inDays(360).certificates.of('query');
    expect(serialOf(ca)).not.toBe(before[1]);
    const authority = new X509Certificate(readFileSync(ca));
    expect(new X509Certificate(readFileSync(cert)).verify(authority.publicKey)).toBe(true);
  });

  it('that do not belong together are made anew', () => {
    const { certificates } = new Secrets(dir);
    const query = certificates.of('query');
    copyFileSync(certificates.of('processor').key, query.key);
    const before = serialOf(query.cert);
    certificates.of('query');
    expect(serialOf(query.cert)).not.toBe(before);
  });

  it('start a Postgres that lets roles in by their certificate alone', async () => {
    const secrets = new Secrets(dir);
    const settings = secrets.postgresSettings('postgres-0');
    const postgres = await startPostgres({ dir: join(dir, '..', 'postgres'), settings });
    try {
      const login = (name: string) => ({ name, password: secrets.passwordOf(`postgres-${name}`) });
      const roles = { owner: login('tally-owner'), writer: login('tally-writer') };
      await makeShardRoles(postgres.url, roles);
      const url = secrets.postgresUrl(postgres.url, 'tally-owner');
      // Comes in, and has no right to make roles.
      await expect(makeShardRoles(url, roles)).rejects.toThrow('permission denied to alter role');
      const open = Object.assign(new URL(url), { search: '' }).href;
      await expect(makeShardRoles(open, roles)).rejects.toThrow('no encryption');
      const other = new Secrets(join(dir, 'other')).certificates.of('tally-owner');
      const forged = new URL(url);
      forged.searchParams.set('sslcert', other.cert);
      forged.searchParams.set('sslkey', other.key);
      await expect(makeShardRoles(forged.href, roles)).rejects.toThrow();
    } finally {
      await postgres.process.stop();
    }
  }, 60_000);
});
