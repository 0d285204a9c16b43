import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createConnection, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  apiVersions,
  formatCredentials,
  KAFKA_ERRORS,
  saslAuthenticate,
  saslHandshake,
  writeRequest,
} from '@tally/kafka-wire';
import { eventually } from '@tally/testing';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import { createLogger, parseConfig, TlsFiles } from '@tally/service-kit';
import type { SASLOptions } from 'kafkajs';
import { settings } from '../src/config.js';
import { openSecurity } from '../src/security/open-security.js';
import { kcat } from './support/kcat.js';
import { LogProcess } from './support/log-process.js';

const dir = mkdtempSync(join(tmpdir(), 'tally-security-'));
const users = join(dir, 'users');
const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
const PASSWORD = 'correct horse';
const plain = (): Record<string, string> => ({ TALLY_KAFKA_SASL_FILE: users });
const encrypted = new LogProcess({
  TALLY_KAFKA_SASL_FILE: users,
  TALLY_KAFKA_SASL_MECHANISMS: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
  TALLY_KAFKA_TLS_CERT_FILE: cert,
  TALLY_KAFKA_TLS_KEY_FILE: key,
  TALLY_KAFKA_MAX_CONNECTIONS_PER_ADDRESS: '8',
});
const open = new LogProcess({ ...plain(), TALLY_KAFKA_MAX_LOGIN_FAILURES: '5' });

const logger = createLogger('test', { instance: 'i', logLevel: 'error' });
logger.level = 'silent';

function makeCertificate(): void {
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost'],
      ...['-addext', 'subjectAltName=IP:127.0.0.1'],
    ],
    { stdio: 'ignore' },
  );
}

beforeAll(async () => {
  writeFileSync(users, await formatCredentials('writer', PASSWORD));
  makeCertificate();
  await encrypted.start();
  await open.start();
}, 60_000);
afterAll(async () => {
  await Promise.all([encrypted.stop(), open.stop()]);
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

const sasl = (mechanism: string, password = PASSWORD, username = 'writer') =>
  ({ mechanism, username, password }) as SASLOptions;
const ssl = () => ({ ca: [readFileSync(cert, 'utf8')] });

/** What an admin client of kafkajs lists; throws as it does. */
async function topics(log: LogProcess, options: Parameters<LogProcess['client']>[0]) {
  const admin = log.client({ retries: 0, ...options }).admin();
  try {
    await admin.connect();
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

/** As kcat is told who to be. */
const kcatAs = (protocol: string, mechanism: string, password = PASSWORD) => [
  ...['-X', `security.protocol=${protocol}`, '-X', `ssl.ca.location=${cert}`],
  ...['-X', `sasl.mechanism=${mechanism}`],
  ...['-X', 'sasl.username=writer', '-X', `sasl.password=${password}`],
];

describe('a log with TLS and users', () => {
  it.each(['plain', 'scram-sha-256', 'scram-sha-512'])('serves kafkajs with %s', async (name) => {
    const listed = await topics(encrypted, { sasl: sasl(name), ssl: ssl() });
    expect(listed).toContain('__consumer_offsets');
    await expect(
      topics(encrypted, { sasl: sasl(name, 'wrong'), ssl: ssl() }),
    ).rejects.toMatchObject({ name: 'KafkaJSSASLAuthenticationError' });
  });

  it.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])(
    'serves kcat with %s: it writes and reads',
    async (mechanism) => {
      const as = kcatAs('sasl_ssl', mechanism);
      const name = `of-${mechanism.toLowerCase()}`;
      const admin = encrypted.client({ sasl: sasl('scram-sha-512'), ssl: ssl() }).admin();
      await admin.connect();
      await admin.createTopics({ topics: [{ topic: name, numPartitions: 1 }] });
      await admin.disconnect();
      await kcat(encrypted.port, [...as, '-P', '-t', name, '-p', '0'], 'secret\n');
      const read = ['-C', '-t', name, '-p', '0', '-o', 'beginning', '-e', '-f', '%s\n'];
      expect(await kcat(encrypted.port, [...as, ...read])).toEqual(['secret']);
    },
  );

  it('does not serve a client that does not encrypt, trusts another or speaks an old version', async () => {
    await expect(topics(encrypted, { sasl: sasl('plain') })).rejects.toThrow();
    await expect(topics(encrypted, { sasl: sasl('plain'), ssl: true })).rejects.toThrow();
    const version = (maxVersion: 'TLSv1.1' | 'TLSv1.2') =>
      new Promise<string>((resolve) => {
        const options = { host: '127.0.0.1', port: encrypted.port, ca: ssl().ca };
        // Level 0: this side would not speak old versions either.
        const socket = connect(
          { ...options, minVersion: 'TLSv1', maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' },
          () => {
            resolve(socket.getProtocol() ?? 'none');
            socket.destroy();
          },
        );
        socket.on('error', () => resolve('refused'));
      });
    expect([await version('TLSv1.1'), await version('TLSv1.2')]).toEqual(['refused', 'TLSv1.2']);
  });
});

describe('a log with TLS and as many connections as it takes', () => {
  it('counts those that still shake hands, refuses further ones and takes them again', async () => {
    const silent: KafkaConnection[] = [];
    const isRefused = () => silent.some(({ isClosed }) => isClosed);
    while (silent.length < 20 && !isRefused()) {
      silent.push(await KafkaConnection.open(encrypted.port));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually('one is refused', isRefused);
    const as = { sasl: sasl('plain'), ssl: ssl() };
    await expect(topics(encrypted, as)).rejects.toThrow();
    for (const client of silent) client.close();
    await eventually('there is room again', () => topics(encrypted, as));
  });
});

describe('a log with TLS that is asked to end', () => {
  it('waits for nobody who went without a farewell, and not for one who never says hello', async () => {
    const silent = createConnection({ host: '127.0.0.1', port: encrypted.port });
    silent.on('error', () => undefined);
    await once(silent, 'connect');
    const raw = createConnection({ host: '127.0.0.1', port: encrypted.port });
    await once(raw, 'connect');
    raw.destroy();
    const shaken = connect({ host: '127.0.0.1', port: encrypted.port, ca: ssl().ca });
    await once(shaken, 'secureConnect');
    shaken.destroy();
    await encrypted.end();
    expect(readFileSync(join(encrypted.dir, 'partition-log.log'), 'utf8')).not.toContain(
      'timed out',
    );
    expect(encrypted.exit).toBe('exit code 0');
    silent.destroy();
  });
});

/** Says nothing of the software that asks. */
const NOBODY = { softwareName: '', softwareVersion: '' };

describe('a log with users', () => {
  it('serves nobody else', async () => {
    const as = { sasl: sasl('scram-sha-256') };
    expect(await topics(open, as)).toContain('__consumer_offsets');
    await expect(topics(open, {})).rejects.toThrow();
    // It would send the password as it is.
    await expect(topics(open, { sasl: sasl('plain') })).rejects.toThrow();
  });

  it('tells a stranger its versions and nothing more, whatever it asks', async () => {
    for (const api of [0, 1, 2, 3, 8, 9, 10, 11, 16, 19, 20, 22, 32]) {
      const client = await KafkaConnection.open(open.port);
      const { errorCode } = await client.ask(apiVersions, NOBODY, { version: 0 });
      expect(errorCode).toBe(0);
      const apiVersion = api === 0 || api === 1 ? 4 : 1;
      const header = { apiKey: api, apiVersion, correlationId: 2, clientId: '' };
      client.send(...writeRequest(header, (writer) => writer.int32(0)));
      await client.closed;
      expect(client.answers).toEqual([]);
    }
  });

  it('does not take a large request before it knows who sends it', async () => {
    const client = await KafkaConnection.open(open.port);
    const large = Buffer.alloc(4);
    large.writeInt32BE(70_000);
    client.send(large);
    await client.closed;
  });

  it('takes bare tokens after the oldest handshake, as the first clients with SASL send them', async () => {
    const client = await KafkaConnection.open(open.port);
    const wish = { mechanism: 'SCRAM-SHA-256', hasFramedTokens: false };
    await client.ask(saslHandshake, wish, { version: 0 });
    const token = Buffer.from('n,,n=writer,r=abcdef');
    const frame = Buffer.concat([Buffer.alloc(4), token]);
    frame.writeInt32BE(token.length);
    const challenge = await client.exchange([frame]);
    expect(String(challenge)).toMatch(/^r=abcdef[^,]+,s=[^,]+,i=8192$/);
    client.close();
  });

  it('sees a new user, and that one is gone, at the next login', async () => {
    const before = readFileSync(users, 'utf8');
    const as = (password: string) => ({ sasl: sasl('scram-sha-512', password, 'late') });
    await expect(topics(open, as('late'))).rejects.toThrow();
    writeFileSync(users, before + (await formatCredentials('late', 'late')));
    expect(await topics(open, as('late'))).toContain('__consumer_offsets');
    writeFileSync(users, 'half a li');
    expect(await topics(open, as('late'))).toContain('__consumer_offsets');
    writeFileSync(users, before);
    await expect(topics(open, as('late'))).rejects.toThrow();
  });

  it('lets nobody try passwords for long, and logs no password', async () => {
    const failures = () => open.metric('tally_kafka_login_failures_total');
    const started = await failures();
    for (let attempt = 0; attempt < 6; attempt++) {
      const client = await KafkaConnection.open(open.port);
      const { errorCode } = await client.ask(saslAuthenticate, {
        token: Buffer.from('\0a\0guess'),
      });
      expect(errorCode).toBe(KAFKA_ERRORS.SASL_AUTHENTICATION_FAILED);
      await client.closed;
    }
    expect(await failures()).toBe(started + 6);
    // The limit is per address, and all come from this one.
    await expect(topics(open, { sasl: sasl('scram-sha-256') })).rejects.toThrow();
    const logged = readFileSync(join(open.dir, 'partition-log.log'), 'utf8');
    expect(logged).toContain('failed to log in');
    expect(logged).not.toContain('guess');
  });
});

it('PLAIN without TLS is no setting that the log starts with, and neither is a file that is not there', async () => {
  const open = (changes: Record<string, string>) => {
    const parsed = parseConfig(settings, {
      TALLY_ADMIN_PORT: '1',
      TALLY_ZOOKEEPER: 'a:1',
      TALLY_LOG_DIR: dir,
      ...changes,
    });
    if (parsed.kind === 'invalid') throw new Error(parsed.problems.join());
    return openSecurity(parsed.config, logger, () => undefined, undefined);
  };
  const withPlain = { ...plain(), TALLY_KAFKA_SASL_MECHANISMS: 'PLAIN' };
  await expect(open(withPlain)).rejects.toThrow('needs TLS');
  await expect(open({ ...plain(), TALLY_KAFKA_SASL_MECHANISMS: 'GSSAPI' })).rejects.toThrow(
    'GSSAPI',
  );
  await expect(open({ TALLY_KAFKA_SASL_FILE: join(dir, 'none') })).rejects.toThrow('ENOENT');
  await expect(open({ TALLY_KAFKA_TLS_CERT_FILE: cert })).rejects.toThrow();
  const rights = join(dir, 'rights');
  await expect(open({ ...plain(), TALLY_KAFKA_ACL_FILE: rights })).rejects.toThrow('ENOENT');
  writeFileSync(rights, 'User:writer fly cluster\n');
  await expect(open({ ...plain(), TALLY_KAFKA_ACL_FILE: rights })).rejects.toThrow('fly');
  await expect(open({ TALLY_KAFKA_ACL_FILE: rights })).rejects.toThrow('TALLY_KAFKA_SASL_FILE');
  expect((await open({ ...plain() })).hasSasl).toBe(true);
});

it('a certificate that is replaced is used from then on, and one that does not fit its key is not', async () => {
  const files = await TlsFiles.open({ certFile: cert, keyFile: key }, logger);
  const server = createServer(files.options);
  const stop = files.keepUpToDate((contents) => server.setSecureContext(contents));
  const shown = async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    server.close();
    await once(server, 'close');
    return fingerprint256;
  };
  const first = await shown();
  writeFileSync(cert, 'no certificate');
  await files.refresh();
  expect(await shown()).toBe(first);
  makeCertificate();
  await files.refresh();
  expect(await shown()).not.toBe(first);
  stop();
});
