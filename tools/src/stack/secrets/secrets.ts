import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Certificates } from './certificates.js';

const HBA = `host all tally 127.0.0.1/32 scram-sha-256
hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-full
`;

/** Passwords, keys and certificates of one stack, made when they are first asked for and kept. */
export class Secrets {
  readonly certificates: Certificates;

  /** `dir`: of this stack alone; `now`: ms since 1970. */
  constructor(
    private readonly dir: string,
    now: () => number = Date.now,
  ) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.certificates = new Certificates(join(dir, 'certificates'), now);
  }

  /** Path of a file with one line, `prefix` and what nobody can guess, good in a URL too; mode 600. */
  fileOf(name: string, prefix = ''): string {
    const file = this.pathOf(name);
    if (existsSync(file)) return file;
    // Whole or not there.
    const secret = randomBytes(24).toString('base64url');
    writeFileSync(`${file}.new`, `${prefix}${secret}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
    return file;
  }

  /** Where a file of this name lies, made or not. */
  pathOf(name: string): string {
    return join(this.dir, name);
  }

  passwordOf(name: string): string {
    return readFileSync(this.fileOf(name), 'utf8').trim();
  }

  /** What a service reads so that it shows its certificate, and believes those of this stack alone. */
  environmentOf(app: string): Readonly<Record<string, string>> {
    const { cert, key, ca } = this.certificates.of(app);
    return {
      TALLY_TLS_CERT_FILE: cert,
      TALLY_TLS_KEY_FILE: key,
      TALLY_TLS_CA_FILE: ca,
      TALLY_ZOOKEEPER_AUTH_FILE: this.fileOf('zookeeper', 'tally:'),
    };
  }

  /**
   * Settings of a Postgres whose certificate is called `name`: who starts it comes in as ever, by its
   * password and from this machine, everybody else over TLS with a password and a certificate that has
   * the name of the role.
   */
  postgresSettings(name: string): Readonly<Record<string, string>> {
    const { cert, key, ca } = this.certificates.of(name);
    const hba = join(this.dir, 'pg_hba.conf');
    writeFileSync(hba, HBA, { mode: 0o600 });
    return {
      ssl: 'on',
      ssl_min_protocol_version: 'TLSv1.2',
      ssl_cert_file: cert,
      ssl_key_file: key,
      ssl_ca_file: ca,
      hba_file: hba,
    };
  }

  /** `url` of a Postgres as another role, over TLS where both sides show a certificate. */
  postgresUrl(url: string, role: string): string {
    const { cert, key, ca } = this.certificates.of(role);
    const secured = Object.assign(new URL(url), {
      username: role,
      password: this.passwordOf(`postgres-${role}`),
    });
    secured.search = new URLSearchParams({
      sslmode: 'verify-full',
      sslrootcert: ca,
      sslcert: cert,
      sslkey: key,
    }).toString();
    return secured.href;
  }
}
