import { execFileSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS } from '@tally/contracts';

/** Paths of what one service or server shows to the others, and of whom it believes; all PEM. */
export interface CertificateFiles {
  readonly cert: string;
  /** For its owner alone (mode 600). */
  readonly key: string;
  readonly ca: string;
}

/** Renewed when fewer days are left: somebody who starts the stack once a week never meets the end. */
const RENEWED_DAYS = 7;
const AUTHORITY_DAYS = 365;
/** A key that was taken is of use for as long as this. */
const CERTIFICATE_DAYS = 30;
const AUTHORITY = 'ca';

/**
 * An authority of this stack alone and what it vouches for, in a folder that only its owner may enter.
 * What is there and good is kept; needs `openssl` 3.
 */
export class Certificates {
  /** `now`: ms since 1970. */
  constructor(
    private readonly dir: string,
    private readonly now: () => number = Date.now,
  ) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    // The machine's own defaults would add to what is asked for.
    writeFileSync(this.config, '[req]\ndistinguished_name = name\n[name]\n');
  }

  /** Good on this machine under `name`, which is also its CN, and as `localhost`. */
  of(name: string): CertificateFiles {
    if (!/^[a-z][a-z0-9-]*$/.test(name) || name === AUTHORITY)
      throw new TypeError(`expected the name of a service or server, got ${JSON.stringify(name)}`);
    const authority = this.authority();
    this.keep(name, CERTIFICATE_DAYS, authority, [
      ...['-CA', this.path(AUTHORITY, 'crt'), '-CAkey', this.path(AUTHORITY, 'key')],
      ...['-addext', `subjectAltName=DNS:${name},DNS:localhost,IP:127.0.0.1`],
      ...['-addext', 'basicConstraints=critical,CA:FALSE'],
      ...['-addext', 'extendedKeyUsage=serverAuth,clientAuth'],
    ]);
    const [cert, key, ca] = [this.path(name, 'crt'), this.path(name, 'key'), AUTHORITY];
    return { cert, key, ca: this.path(ca, 'crt') };
  }

  private authority(): X509Certificate {
    return this.keep(AUTHORITY, AUTHORITY_DAYS, undefined, [
      ...['-addext', 'basicConstraints=critical,CA:TRUE,pathlen:0'],
      ...['-addext', 'keyUsage=critical,keyCertSign'],
    ]);
  }

  /** `issuer`: undefined where it vouches for itself. */
  private keep(
    name: string,
    days: number,
    issuer: X509Certificate | undefined,
    more: readonly string[],
  ): X509Certificate {
    const present = this.present(name, issuer);
    if (present !== undefined) return present;
    const [cert, key] = [this.path(name, 'crt'), this.path(name, 'key')];
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(`${key}.new`, privateKey.export({ type: 'pkcs8', format: 'pem' }), {
      mode: 0o600,
    });
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-config', this.config, '-key', `${key}.new`, '-out', `${cert}.new`],
        ...['-subj', `/CN=${name}`, '-days', String(days), ...more],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    // Ended between the two, they do not belong together, and are made anew.
    renameSync(`${key}.new`, key);
    renameSync(`${cert}.new`, cert);
    return new X509Certificate(readFileSync(cert));
  }

  /** undefined: there is none, or it is of another authority, of another key, or near its end. */
  private present(name: string, issuer: X509Certificate | undefined): X509Certificate | undefined {
    const [cert, key] = [this.path(name, 'crt'), this.path(name, 'key')];
    if (!existsSync(cert) || !existsSync(key)) return undefined;
    const found = new X509Certificate(readFileSync(cert));
    const isOurs = found.verify((issuer ?? found).publicKey);
    const isOfKey = found.checkPrivateKey(createPrivateKey(readFileSync(key)));
    const leftMs = Date.parse(found.validTo) - this.now();
    return isOurs && isOfKey && leftMs >= RENEWED_DAYS * DAY_MS ? found : undefined;
  }

  private path(name: string, end: 'crt' | 'key'): string {
    return join(this.dir, `${name}.${end}`);
  }

  private get config(): string {
    return join(this.dir, 'openssl.cnf');
  }
}
