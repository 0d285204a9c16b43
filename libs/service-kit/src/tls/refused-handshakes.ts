import { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { MINUTE_MS } from '@tally/contracts';
import type { Logger } from '../logging/logger.js';

/** Lines about all clients together: who knocks without end must not fill a disk. */
const MAX_LINES_PER_MINUTE = 20;
const SET = 'TALLY_TLS_CERT_FILE, TALLY_TLS_KEY_FILE and TALLY_TLS_CA_FILE have to be set there';
const REASONS: Readonly<Record<string, string>> = {
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: `the client showed no certificate: ${SET}`,
  ERR_SSL_WRONG_VERSION_NUMBER: `the client does not encrypt: ${SET}`,
  ERR_SSL_HTTP_REQUEST: `the client does not encrypt: ${SET}`,
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'the client speaks a version before TLS 1.2',
};

/** A TLS server of Node, also one of HTTP/2. */
interface Handshakes {
  on(event: 'connection', listener: (socket: Socket) => void): unknown;
  on(event: 'tlsClientError', listener: (error: Error, socket: TLSSocket) => void): unknown;
}

/** Tells of clients that did not get through the handshake: `onRefused` always, the log with a bound. */
export function reportRefusedHandshakes(
  server: Handshakes,
  logger: Logger,
  onRefused: () => void,
): void {
  let lines = 0;
  let minute = 0;
  // A socket knows no address any more when it is closed, unless it was asked before.
  server.on('connection', (socket) => void socket.remoteAddress);
  server.on('tlsClientError', (error, socket) => {
    onRefused();
    socket.destroy();
    const now = Math.floor(performance.now() / MINUTE_MS);
    if (now !== minute) [minute, lines] = [now, 0];
    if (++lines > MAX_LINES_PER_MINUTE) return;
    const client = addressOf(socket);
    logger.warn({ client, reason: reasonOf(error, socket) }, 'a TLS handshake was refused');
  });
}

function addressOf(socket: TLSSocket): string | undefined {
  if (socket.remoteAddress !== undefined) return socket.remoteAddress;
  const below: unknown = Reflect.get(socket, '_parent');
  return below instanceof Socket ? below.remoteAddress : undefined;
}

function reasonOf(error: Error, { authorizationError }: TLSSocket): string {
  // null where it was not looked at, whatever its type says.
  if (authorizationError) return `the certificate is not believed: ${String(authorizationError)}`;
  const code = 'code' in error ? String(error.code) : error.message;
  return REASONS[code] ?? code;
}
