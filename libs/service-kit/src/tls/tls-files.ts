import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { MINUTE_MS } from '@tally/contracts';
import type { Logger } from '../logging/logger.js';

/** How often the files are looked at: certificates are replaced days before they end. */
const LOOK_MS = MINUTE_MS;

/** Where they are; all of them PEM. */
export interface TlsPaths {
  /** The certificate, followed by those between it and the one that is trusted. */
  readonly certFile: string;
  readonly keyFile: string;
  /** Those who may vouch for the other side; without it no other side is asked who it is. */
  readonly caFile?: string | undefined;
}

/** What is in the files; options of every TLS server and client of Node. */
export interface TlsContents {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
  readonly minVersion: 'TLSv1.2';
}

/**
 * Certificate, key and those who vouch for others, as files that may be replaced while the process runs:
 * they are looked at every minute until it ends.
 */
export class TlsFiles {
  private readonly users = new Set<(contents: TlsContents) => void>();

  private constructor(
    private readonly paths: TlsPaths,
    private readonly logger: Logger,
    private current: TlsContents,
  ) {
    setInterval(() => void this.refresh(), LOOK_MS).unref();
  }

  /** Throws where the files cannot be read or do not fit each other. */
  static async open(paths: TlsPaths, logger: Logger): Promise<TlsFiles> {
    return new TlsFiles(paths, logger, await read(paths));
  }

  /** What is in them now. */
  get options(): TlsContents {
    return this.current;
  }

  /** Calls `use` with what is in the files, whenever that is something else. Returns how to stop that. */
  keepUpToDate(use: (contents: TlsContents) => void): () => void {
    this.users.add(use);
    return () => void this.users.delete(use);
  }

  /** Files that do not fit, perhaps because one of them is not replaced yet, change nothing. */
  async refresh(): Promise<void> {
    const file = this.paths.certFile;
    try {
      const { cert, key, ca } = this.current;
      const found = await read(this.paths);
      if (found.cert === cert && found.key === key && found.ca === ca) return;
      this.current = found;
      for (const use of this.users) use(found);
      this.logger.info({ file }, 'another certificate is used from now on');
    } catch (error) {
      this.logger.error({ error, file }, 'the certificate cannot be used');
    }
  }
}

async function read({ certFile, keyFile, caFile }: TlsPaths): Promise<TlsContents> {
  const [cert, key, ca] = await Promise.all([
    readFile(certFile, 'utf8'),
    readFile(keyFile, 'utf8'),
    caFile === undefined ? undefined : readFile(caFile, 'utf8'),
  ]);
  // Node takes a file without a certificate for none at all, and would trust whom the system trusts.
  if (ca !== undefined) new X509Certificate(ca);
  const contents = { cert, key, ca, minVersion: 'TLSv1.2' } as const;
  createSecureContext(contents);
  return contents;
}
