import { ServerCredentials } from '@grpc/grpc-js';
import type { TlsFiles } from '../tls/tls-files.js';

/** A gRPC server with these speaks TLS, with clients alone whose certificate one of the trusted has signed. */
export class TlsServerCredentials extends ServerCredentials {
  constructor(files: TlsFiles) {
    super({ requestCert: true, rejectUnauthorized: true, ...files.options }, files.options);
    // As long as the process: a server that is closed takes no connections that would show it.
    files.keepUpToDate((contents) => this.updateSecureContextOptions(contents));
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}
