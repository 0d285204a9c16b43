import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeShardRoles } from '@tally/testing';
import { withUser } from '../../log-user/users-text.js';
import { ROOT } from '../root.js';
import type { Secrets } from './secrets.js';

/** Owns the tables of a shard, and makes them. */
export const OWNER = 'tally-owner';
/** Only counts. */
export const WRITER = 'tally-writer';
/** Users of the log: those that `tally.acl` gives rights to. */
const LOG_USERS = ['partitioner', 'processor', 'dead-letter-replayer', 'tools'];
const ACL_FILE = join(ROOT, 'apps/partition-log/tally.acl');

/** What the parts of a stack are given so that each lets in only who has a secret of this stack. */
export class ClosedStack {
  constructor(private readonly secrets: Secrets) {}

  /** Settings of a service, or of `tools`, beside its addresses. `shardUrl`: its Postgres as superuser; for a shard-proxy. */
  async environmentOf(app: string, shardUrl?: string): Promise<Readonly<Record<string, string>>> {
    // Shard-proxies answer cluster-proxies alone, and tools ask them as one.
    const name = app === 'tools' ? 'cluster-proxy' : app;
    return { ...this.secrets.environmentOf(name), ...(await this.ownSettings(app, shardUrl)) };
  }

  private async ownSettings(app: string, shardUrl = ''): Promise<Record<string, string>> {
    switch (app) {
      case 'gateway':
        return {
          TALLY_API_KEY: this.secrets.passwordOf('api-key'),
          TALLY_ADMIN_KEY: this.secrets.passwordOf('definitions-key'),
        };
      case 'partition-log':
        return { TALLY_KAFKA_SASL_FILE: await this.logUsers(), TALLY_KAFKA_ACL_FILE: ACL_FILE };
      case 'partitioner':
      case 'processor':
      case 'dead-letter-replayer':
      case 'tools':
        return {
          KAFKA_SASL_MECHANISM: 'scram-sha-256',
          KAFKA_SASL_USER: app,
          KAFKA_SASL_PASSWORD_FILE: this.secrets.fileOf(`log-${app}`),
        };
      case 'shard-proxy':
        return {
          TALLY_SHARD_URL: this.secrets.postgresUrl(shardUrl, WRITER),
          TALLY_SHARD_MIGRATION_URL: this.secrets.postgresUrl(shardUrl, OWNER),
        };
      default:
        return {};
    }
  }

  /** `url`: of a superuser, who keeps every right and comes in as before. */
  makeRoles(url: string): Promise<void> {
    const login = (name: string) => ({
      name,
      password: this.secrets.passwordOf(`postgres-${name}`),
    });
    return makeShardRoles(url, { owner: login(OWNER), writer: login(WRITER) });
  }

  /** Those that are in the file already stay as they are. */
  private async logUsers(): Promise<string> {
    const file = this.secrets.pathOf('log-users');
    let text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const known = new Set(text.split('\n').map((line) => line.split(' ')[0]));
    for (const user of LOG_USERS)
      if (!known.has(user))
        text = await withUser(text, user, this.secrets.passwordOf(`log-${user}`));
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    renameSync(`${file}.new`, file);
    return file;
  }
}
