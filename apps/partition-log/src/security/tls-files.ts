import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions, type Server } from 'node:tls';
import { MINUTE_MS } from '@tally/contracts';
import type { Logger } from '@tally/service-kit';

/** How often the files are looked at: certificates are replaced days before they end. */
const LOOK_MS = MINUTE_MS;

/** Certificate and key, as files that may be replaced while the server runs. */
export class TlsFiles {
  private constructor(
    private readonly certFile: string,
    private readonly keyFile: string,
    private readonly logger: Logger,
    private current: SecureContextOptions,
  ) {}

  /** Throws where the files cannot be read or do not fit each other. */
  static async open(certFile: string, keyFile: string, logger: Logger): Promise<TlsFiles> {
    return new TlsFiles(certFile, keyFile, logger, await read(certFile, keyFile));
  }

  get options(): SecureContextOptions {
    return this.current;
  }

  /** Gives a server what is in the files, from now on. Returns how to stop that. */
  keepUpToDate(server: Server): () => void {
    const timer = setInterval(() => void this.refresh(server), LOOK_MS);
    return () => clearInterval(timer);
  }

  /** Files that do not fit, perhaps because one of them is not replaced yet, change nothing. */
  async refresh(server: Server): Promise<void> {
    try {
      const { cert, key } = this.current;
      const found = await read(this.certFile, this.keyFile);
      if (found.cert === cert && found.key === key) return;
      server.setSecureContext(found);
      this.current = found;
      this.logger.info({ file: this.certFile }, 'another certificate is used from now on');
    } catch (error) {
      this.logger.error({ error, file: this.certFile }, 'the certificate cannot be used');
    }
  }
}

async function read(certFile: string, keyFile: string): Promise<SecureContextOptions> {
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
  const options = { cert, key, minVersion: 'TLSv1.2' } as const;
  createSecureContext(options);
  return options;
}
