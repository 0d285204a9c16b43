import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { APPS } from '../topology.js';
import type { CertificateFiles } from './certificates.js';
import { ClosedStack, OWNER, WRITER } from './closed-stack.js';
import { Secrets } from './secrets.js';

/** What a file is called in the Secret of a service, by the setting that names it. */
const FILES = new Map([
  ['TALLY_TLS_CERT_FILE', 'tls-cert'],
  ['TALLY_TLS_KEY_FILE', 'tls-key'],
  ['TALLY_TLS_CA_FILE', 'tls-ca'],
  ['TALLY_ZOOKEEPER_AUTH_FILE', 'zookeeper-auth'],
  ['KAFKA_SASL_PASSWORD_FILE', 'log-password'],
  ['TALLY_KAFKA_SASL_FILE', 'log-users'],
  ['TALLY_KAFKA_ACL_FILE', 'log-rights'],
]);

/** Those of overlays/dev, with the names of their Services. */
const POSTGRES = ['postgres-0', 'postgres-1'];

/**
 * Writes a folder of files for each service and server, as the overlay `secure` makes Secrets of them.
 * All are made as those of `tools/up --secure` are: what is in `kept` and good is used again.
 */
export async function writeClusterSecrets(folder: string): Promise<void> {
  const secrets = new Secrets(join(folder, 'kept'));
  const stack = new ClosedStack(secrets);
  const folderOf = (name: string) => {
    const own = join(folder, name);
    mkdirSync(own, { recursive: true, mode: 0o700 });
    return own;
  };
  for (const app of APPS) {
    const own = folderOf(app);
    // To Postgres a shard-proxy shows certificates of roles.
    const settings =
      app === 'shard-proxy' ? secrets.environmentOf(app) : await stack.environmentOf(app);
    for (const [variable, file] of FILES) {
      const source = settings[variable];
      if (source !== undefined) copyFileSync(source, join(own, file));
    }
  }
  for (const [role, prefix] of [
    [OWNER, 'owner'],
    [WRITER, 'writer'],
  ] as const)
    copyCertificate(secrets.certificates.of(role), folderOf('shard-proxy'), prefix);
  for (const name of POSTGRES) {
    const files = secrets.certificates.of(name);
    copyCertificate(files, folderOf(name), 'tls');
    copyFileSync(files.ca, join(folderOf(name), 'tls-ca'));
  }
  const redis = join(folderOf('redis'), 'redis-conf');
  writeFileSync(redis, `requirepass ${secrets.passwordOf('redis')}\n`, { mode: 0o600 });
}

function copyCertificate({ cert, key }: CertificateFiles, folder: string, prefix: string): void {
  copyFileSync(cert, join(folder, `${prefix}-cert`));
  copyFileSync(key, join(folder, `${prefix}-key`));
}
