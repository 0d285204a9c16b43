import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Paths of what one side of a connection shows, and of what it believes. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** An authority whose files are called `name` and lie in `dir`. */
export class Authority {
  private readonly cert: string;
  private readonly key: string;

  constructor(
    private readonly dir: string,
    private readonly name: string,
  ) {
    this.cert = join(dir, `${name}.crt`);
    this.key = join(dir, `${name}.key`);
    openssl('req', '-x509', ...NEW_KEY, '-keyout', this.key, '-out', this.cert, ...subject(name));
  }

  /** For a role of that name, or for a server at that address. */
  issue(name: string, address = 'IP:127.0.0.1'): Certificate {
    const [cert, key] = ['crt', 'key'].map((end) => join(this.dir, `${this.name}-${name}.${end}`));
    if (cert === undefined || key === undefined) throw new Error('two paths were made');
    openssl(
      ...['req', '-x509', ...NEW_KEY, '-keyout', key, '-out', cert, ...subject(name)],
      ...['-CA', this.cert, '-CAkey', this.key],
      ...['-addext', `subjectAltName=${address}`, '-addext', 'basicConstraints=critical,CA:FALSE'],
    );
    return { cert, key, ca: this.cert };
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const subject = (name: string) => ['-subj', `/CN=${name}`, '-days', '2'];

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'ignore' });
}
