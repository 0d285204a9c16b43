import type { ServiceConfig } from '../config/service-settings.js';
import type { Logger } from '../logging/logger.js';
import { TlsFiles } from './tls-files.js';

/**
 * What this service shows to the others and whom it believes; undefined where no file is named. Throws
 * where some are named and others not, and where they cannot be used.
 */
export async function openServiceTls(
  config: Pick<ServiceConfig, 'tlsCertFile' | 'tlsKeyFile' | 'tlsCaFile'>,
  logger: Logger,
): Promise<TlsFiles | undefined> {
  const { tlsCertFile: certFile, tlsKeyFile: keyFile, tlsCaFile: caFile } = config;
  const named = [certFile, keyFile, caFile].filter((file) => file !== '').length;
  if (named === 0) return undefined;
  if (named === 3) return TlsFiles.open({ certFile, keyFile, caFile }, logger);
  throw new Error(
    `expected TALLY_TLS_CERT_FILE, TALLY_TLS_KEY_FILE and TALLY_TLS_CA_FILE, all or none; ${named} of 3 is set`,
  );
}
