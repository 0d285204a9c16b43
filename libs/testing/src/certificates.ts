import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'ignore' });
}

/** Someone who signs certificates of services, with a folder for them. */
export class CertificateAuthority {
  private readonly dir = mkdtempSync(join(tmpdir(), 'tally-ca-'));
  readonly caFile = join(this.dir, 'ca.pem');
  private readonly caKey = join(this.dir, 'ca.key');

  constructor() {
    const out = ['-keyout', this.caKey, '-out', this.caFile];
    openssl('req', '-x509', ...CURVE, ...out, '-days', '2', '-subj', '/CN=test');
  }

  /** What it signs for `app`, until `end` (YYMMDDHHMMSSZ), else for two days. */
  sign(app: string, { file = app, end }: { readonly file?: string; readonly end?: string } = {}) {
    const [certFile, keyFile] = [join(this.dir, `${file}.pem`), join(this.dir, `${file}.key`)];
    const [request, extensions] = [join(this.dir, 'request'), join(this.dir, 'extensions')];
    writeFileSync(extensions, `subjectAltName=DNS:${app}\n`);
    writeFileSync(join(this.dir, 'index'), '');
    writeFileSync(
      join(this.dir, 'ca.cnf'),
      [
        ...['[ca]', 'default_ca=own', '[own]', `database=${join(this.dir, 'index')}`],
        ...[`new_certs_dir=${this.dir}`, 'default_md=sha256', 'policy=any', 'rand_serial=yes'],
        ...['[any]', 'commonName=supplied', ''],
      ].join('\n'),
    );
    openssl('req', ...CURVE, '-keyout', keyFile, '-out', request, '-subj', `/CN=${app}`);
    const time =
      end === undefined ? ['-days', '2'] : ['-startdate', '200101000000Z', '-enddate', end];
    openssl(
      ...['ca', '-batch', '-notext', '-config', join(this.dir, 'ca.cnf'), '-extfile', extensions],
      ...['-cert', this.caFile, '-keyfile', this.caKey, '-in', request, '-out', certFile, ...time],
    );
    return { certFile, keyFile, caFile: this.caFile };
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
