import { appendFileSync, copyFileSync, readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import {
  createLogger,
  openServiceTls,
  parseConfig,
  serviceSettings,
  startService,
  TlsFiles,
  TlsServerCredentials,
} from '@tally/service-kit';
import { CertificateAuthority, freePort } from '@tally/testing';
import { ServiceClient, type InstanceSource } from '../src/index.js';
import { EchoClient, EchoServer, type EchoResponse } from './support/echo-server.js';

const logger = createLogger('test', { instance: 'i', logLevel: 'error' });
logger.level = 'silent';
const ours = new CertificateAuthority();
const foreign = new CertificateAuthority();
const LONG_AGO = '200201000000Z';

const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});
afterAll(() => {
  ours.remove();
  foreign.remove();
});

type Paths = ReturnType<CertificateAuthority['sign']>;
const open = (paths: Paths | undefined) =>
  paths === undefined ? Promise.resolve(undefined) : TlsFiles.open(paths, logger);

async function serve(paths: Paths | undefined) {
  const tls = await open(paths);
  const credentials = tls === undefined ? undefined : new TlsServerCredentials(tls);
  const server = await EchoServer.start('a', 0, credentials);
  ended.push(() => server.kill());
  return { port: server.port, tls };
}

async function callTo(port: number, paths: Paths | undefined, service = 'echo') {
  const tls = await open(paths);
  const address = { id: 'a', service, host: '127.0.0.1', grpcPort: port, adminPort: 1 };
  const instance = { ...address, startedAt: '2026-01-01T00:00:00Z', version: '1', attributes: {} };
  const instances: InstanceSource = { instances: [instance], onChange: () => () => undefined };
  const client = new ServiceClient({ client: EchoClient, service, instances, tls });
  ended.push(() => client.close());
  const say = () => client.call<EchoResponse>('Say', { text: 'hello' }, { deadlineMs: 5000 });
  const probe = () => client.probe({ deadlineMs: 5000 });
  return { say, probe, tls };
}

/** The serial number of the certificate that a server shows. */
function shown(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, rejectUnauthorized: false };
    const socket = connect(options, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

describe('services with certificates', () => {
  const server = ours.sign('echo');
  const query = ours.sign('query');

  it('serve who shows one of the same authority, whatever the address is', async () => {
    const { port } = await serve(server);
    const { say } = await callTo(port, query);
    expect((await say()).text).toBe('hello');
  });

  it.each([
    ['does not encrypt', () => undefined],
    ['shows one of another authority', () => ({ ...foreign.sign('query'), caFile: ours.caFile })],
    ['shows one that has ended', () => ours.sign('query', { file: 'ended', end: LONG_AGO })],
  ])('do not serve a client that %s', async (_what, paths) => {
    const { port } = await serve(server);
    const { say } = await callTo(port, paths());
    await expect(say()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('TALLY_TLS_CERT_FILE'),
    });
  });

  it.each([
    ['does not encrypt', () => undefined],
    ['is of another authority', () => ({ ...foreign.sign('echo'), caFile: ours.caFile })],
    ['is of another app', () => ours.sign('query', { file: 'other' })],
    ['has one that has ended', () => ours.sign('echo', { file: 'ended', end: LONG_AGO })],
  ])('do not call a server that %s, and say how they tried', async (_what, paths) => {
    const { port } = await serve(paths());
    const { say } = await callTo(port, query);
    await expect(say()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('no connection over mutual TLS to a at 127.0.0.1'),
    });
  });

  it('do not serve a client without a certificate, nor an old version of TLS', async () => {
    const { port } = await serve(server);
    const outcome = (options: object) =>
      new Promise<string>((resolve) => {
        const address = { host: '127.0.0.1', port, rejectUnauthorized: false };
        const socket = connect({ ...address, ALPNProtocols: ['h2'], ...options });
        // With TLS 1.3 the refusal comes after the client's part of the handshake.
        socket.on('data', () => resolve('served'));
        socket.on('error', () => resolve('refused'));
        socket.on('close', () => resolve('refused'));
        ended.push(() => socket.destroy());
      });
    const { cert, key } = (await TlsFiles.open(query, logger)).options;
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
    expect(await outcome({})).toBe('refused');
    expect(await outcome({ cert, key, ...old })).toBe('refused');
    expect(await outcome({ cert, key })).toBe('served');
  });

  it('use new ones without a restart, on both sides', async () => {
    const files = ours.sign('echo', { file: 'replaced' });
    const caller = ours.sign('query', { file: 'caller' });
    const { port, tls } = await serve(files);
    const { say, tls: callerTls } = await callTo(port, caller);
    expect((await say()).text).toBe('hello');
    const replace = async (paths: Paths, by: Paths, tls: TlsFiles | undefined) => {
      copyFileSync(by.certFile, paths.certFile);
      await tls?.refresh();
      copyFileSync(by.keyFile, paths.keyFile);
      await tls?.refresh();
    };
    const before = await shown(port);
    await replace(files, ours.sign('echo', { file: 'next' }), tls);
    expect(await shown(port)).not.toBe(before);
    expect((await say()).text).toBe('hello');
    await replace(files, foreign.sign('echo'), tls);
    const late = await callTo(port, query);
    await expect(late.say()).rejects.toMatchObject({ code: 'unavailable' });
    await replace(files, ours.sign('echo', { file: 'again' }), tls);
    await replace(caller, foreign.sign('query', { file: 'stranger' }), callerTls);
    await expect(say()).rejects.toMatchObject({ code: 'unavailable' });
    await replace(caller, ours.sign('query', { file: 'renewed' }), callerTls);
    const renewed = await callTo(port, caller);
    expect((await renewed.say()).text).toBe('hello');
  });
});

describe('services that change the authority', () => {
  it('are served at each step, and in the end not with the old one', async () => {
    const [before, after] = [new CertificateAuthority(), new CertificateAuthority()];
    ended.push(() => before.remove());
    ended.push(() => after.remove());
    const server = before.sign('echo');
    const caller = before.sign('query');
    const old = before.sign('query', { file: 'old' });
    const { port, tls } = await serve(server);
    const callers = await callTo(port, caller);
    const say = async (paths: Paths) => (await (await callTo(port, paths)).say()).text;
    const isServed = async () => {
      await Promise.all([tls?.refresh(), callers.tls?.refresh()]);
      expect((await callers.say()).text).toBe('hello');
      expect(await say(caller)).toBe('hello');
    };
    await isServed();
    // All of these share the file of the authority.
    appendFileSync(before.caFile, readFileSync(after.caFile));
    await isServed();
    for (const [app, paths] of [
      ['echo', server],
      ['query', caller],
    ] as const) {
      const next = after.sign(app);
      copyFileSync(next.certFile, paths.certFile);
      copyFileSync(next.keyFile, paths.keyFile);
      await isServed();
    }
    expect(await say(old)).toBe('hello');
    copyFileSync(after.caFile, before.caFile);
    await isServed();
    await expect(say(old)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a service that is started with certificates', () => {
  it('serves the others alone', async () => {
    const paths = ours.sign('query', { file: 'started' });
    const [port, adminPort] = [await freePort(), await freePort()];
    const parsed = parseConfig(serviceSettings, {
      TALLY_ADMIN_PORT: String(adminPort),
      TALLY_LOG_LEVEL: 'error',
      TALLY_TLS_CERT_FILE: paths.certFile,
      TALLY_TLS_KEY_FILE: paths.keyFile,
      TALLY_TLS_CA_FILE: paths.caFile,
    });
    if (parsed.kind === 'invalid') throw new Error(parsed.problems.join('; '));
    const { config } = parsed;
    const grpc = { port, packages: ['tally.query.v1'] };
    const lifecycle = await startService({ name: 'query', config, root: class Empty {}, grpc });
    const gateway = await callTo(port, ours.sign('gateway'), 'query');
    expect((await gateway.probe()).instance.id).toBe('a');
    const stranger = await callTo(port, undefined, 'query');
    await expect(stranger.probe()).rejects.toMatchObject({ code: 'unavailable' });
    await lifecycle.drain();
  });
});

describe('the files of a service', () => {
  const files = ours.sign('echo', { file: 'settings' });
  const named = { tlsCertFile: files.certFile, tlsKeyFile: files.keyFile, tlsCaFile: ours.caFile };

  it('are all named, or none', async () => {
    const none = { tlsCertFile: '', tlsKeyFile: '', tlsCaFile: '' };
    expect(await openServiceTls(none, logger)).toBeUndefined();
    expect(await openServiceTls(named, logger)).toBeInstanceOf(TlsFiles);
    await expect(openServiceTls({ ...named, tlsCaFile: '' }, logger)).rejects.toThrow(
      'all or none; 2 of 3',
    );
  });

  it('are refused where the authority is no certificate: Node would trust whom the system trusts', async () => {
    const wrong = { ...named, tlsCaFile: files.keyFile };
    await expect(openServiceTls(wrong, logger)).rejects.toThrow();
  });
});
