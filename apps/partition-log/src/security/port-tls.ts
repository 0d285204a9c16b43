import { createSecureContext, createServer, type SecureContext, type Server } from 'node:tls';
import type { TlsFiles } from '@tally/service-kit';

/** The name that services ask for, whatever the address is. */
const APP = 'partition-log';

export interface PortTlsOptions {
  /** What all services speak to each other with. */
  readonly service: TlsFiles | undefined;
  /** The certificate of this port alone, for clients outside. */
  readonly port: TlsFiles | undefined;
  /** Whether who has no certificate says by a password who it is. */
  readonly hasSasl: boolean;
}

/**
 * TLS 1.2 and above on the Kafka port. A client has to show a certificate of those that services trust,
 * where there are such, except on a port with a certificate of its own and users: there a password says
 * who it is. Services get the certificate of the service all the same: they ask for it by name.
 */
export class PortTls {
  private constructor(
    /** Shown to who asks for no name, or for another one. */
    private readonly shown: TlsFiles,
    private readonly options: PortTlsOptions,
  ) {}

  /** undefined: connections are not encrypted. */
  static of(options: PortTlsOptions): PortTls | undefined {
    const shown = options.port ?? options.service;
    return shown && new PortTls(shown, options);
  }

  /** Takes other files when they are replaced, for new connections, until it is closed. */
  createServer(handshakeTimeout: number): Server {
    const { service, port, hasSasl } = this.options;
    const asks = service !== undefined && !(port !== undefined && hasSasl);
    let ofService: SecureContext | undefined;
    const server = createServer({
      ...this.contents,
      handshakeTimeout,
      requestCert: asks,
      rejectUnauthorized: asks,
      SNICallback: (name, done) => done(null, name === APP ? ofService : undefined),
    });
    const use = () => {
      server.setSecureContext(this.contents);
      ofService = service && createSecureContext(service.options);
    };
    use();
    for (const files of [service, port]) {
      if (files !== undefined) server.on('close', files.keepUpToDate(use));
    }
    return server;
  }

  private get contents() {
    return { ...this.shown.options, ca: this.options.service?.options.ca };
  }
}
