import { ServerCredentials } from '@grpc/grpc-js';
import type { TlsFiles } from '../tls/tls-files.js';

/** Node's own are two minutes, in which whoever says nothing keeps a descriptor. */
const HANDSHAKE_TIMEOUT_MS = 5000;

/** A gRPC server with these speaks TLS, with clients alone whose certificate one of the trusted has signed. */
export class TlsServerCredentials extends ServerCredentials {
  constructor(files: TlsFiles) {
    const asked = { requestCert: true, rejectUnauthorized: true };
    super({ ...asked, handshakeTimeout: HANDSHAKE_TIMEOUT_MS, ...files.options }, files.options);
    // As long as the process: a server that is closed takes no connections that would show it.
    files.keepUpToDate((contents) => this.updateSecureContextOptions(contents));
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}
