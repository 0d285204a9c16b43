import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { APPS } from '../topology.js';
import { ClosedStack } from './closed-stack.js';
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

/**
 * Writes a folder of files for each service, as the overlay `secure` makes Secrets of them. All are made
 * as those of `tools/up --secure` are: what is in `kept` and good is used again.
 */
export async function writeClusterSecrets(folder: string): Promise<void> {
  const secrets = new Secrets(join(folder, 'kept'));
  const stack = new ClosedStack(secrets);
  for (const app of APPS) {
    mkdirSync(join(folder, app), { recursive: true, mode: 0o700 });
    // The Postgres of a shard has a Secret of its own.
    const settings =
      app === 'shard-proxy' ? secrets.environmentOf(app) : await stack.environmentOf(app);
    for (const [variable, file] of FILES) {
      const source = settings[variable];
      if (source !== undefined) copyFileSync(source, join(folder, app, file));
    }
  }
}
