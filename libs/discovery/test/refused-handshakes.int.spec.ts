import { once } from 'node:events';
import { connect as connectPlain, type AddressInfo, type Socket } from 'node:net';
import { connect, createServer, type ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createLogger, reportRefusedHandshakes, TlsFiles } from '@tally/service-kit';
import { CertificateAuthority } from '@tally/testing';

const ours = new CertificateAuthority();
const foreign = new CertificateAuthority();
const lines: string[] = [];
const sink = { write: (line: string) => void lines.push(line) };
const logger = createLogger('test', { instance: 'i', logLevel: 'warn' }, sink);
let refused = 0;
let port: number;
let close: () => void;

beforeAll(async () => {
  const { options } = await TlsFiles.open(ours.sign('query'), logger);
  const server = createServer({ ...options, requestCert: true, rejectUnauthorized: true });
  server.on('secureConnection', (socket) => socket.on('error', () => undefined));
  reportRefusedHandshakes(server, logger, () => (refused += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  close = () => server.close();
});
afterAll(() => {
  close();
  ours.remove();
  foreign.remove();
});

/** However it ends. */
function closed(socket: Socket): Promise<void> {
  socket.resume().on('error', () => undefined);
  return new Promise((resolve) => void socket.on('close', () => resolve()));
}

async function shake(options: ConnectionOptions): Promise<void> {
  const at = { host: '127.0.0.1', port, rejectUnauthorized: false };
  await closed(connect({ ...at, ...options }));
}

async function speakPlainly(): Promise<void> {
  const socket = connectPlain(port, '127.0.0.1', () => socket.write('PRI * HTTP/2.0\r\n\r\n'));
  await closed(socket);
}

it('a handshake that is refused is counted and told with its reason and client, not without end', async () => {
  const { cert, key } = (await TlsFiles.open(foreign.sign('query'), logger)).options;
  await shake({});
  await shake({ cert, key });
  await shake({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' });
  await speakPlainly();
  expect(refused).toBe(4);
  const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const reasons = [
    /^the client showed no certificate: TALLY_TLS_CERT_FILE/,
    /^the certificate is not believed: /,
    /before TLS 1.2$/,
    /^the client does not encrypt: TALLY_TLS_CERT_FILE/,
  ];
  expect(told).toEqual(
    reasons.map((reason) =>
      expect.objectContaining({ client: '127.0.0.1', reason: expect.stringMatching(reason) }),
    ),
  );
  for (let more = 0; more < 60; more++) await speakPlainly();
  expect(refused).toBe(64);
  // A minute may begin in between.
  expect(lines.length).toBeLessThan(64);
});
