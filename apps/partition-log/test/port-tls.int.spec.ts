import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connect, type ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { formatCredentials } from '@tally/kafka-wire';
import { CertificateAuthority } from '@tally/testing';
import type { SASLOptions } from 'kafkajs';
import { LogProcess } from './support/log-process.js';

/** Of the installation, and the one that clients outside trust. */
const services = new CertificateAuthority();
const outside = new CertificateAuthority();
const ofLog = services.sign('partition-log');
const ofPort = outside.sign('log.example');
const users = join(dirname(services.caFile), 'users');
const read = (file: string) => readFileSync(file, 'utf8');
const FILES = {
  TALLY_TLS_CERT_FILE: ofLog.certFile,
  TALLY_TLS_KEY_FILE: ofLog.keyFile,
  TALLY_TLS_CA_FILE: services.caFile,
  TALLY_KAFKA_TLS_CERT_FILE: ofPort.certFile,
  TALLY_KAFKA_TLS_KEY_FILE: ofPort.keyFile,
};
const alone = new LogProcess(FILES);
const withUsers = new LogProcess({ ...FILES, TALLY_KAFKA_SASL_FILE: users });

beforeAll(async () => {
  writeFileSync(users, await formatCredentials('writer', 'correct horse'));
  await alone.start();
  await withUsers.start();
}, 60_000);
afterAll(async () => {
  await Promise.all([alone.stop(), withUsers.stop()]);
  services.remove();
  outside.remove();
}, 60_000);

const shows = ({ certFile, keyFile }: ReturnType<CertificateAuthority['sign']>) => ({
  cert: read(certFile),
  key: read(keyFile),
});
const fromOutside = () => ({ ca: read(outside.caFile), servername: 'log.example' });
const fromInside = () => ({ ca: read(services.caFile), servername: 'partition-log' });
const sasl: SASLOptions = {
  mechanism: 'scram-sha-256',
  username: 'writer',
  password: 'correct horse',
};

async function topics(log: LogProcess, ssl: ConnectionOptions, as?: SASLOptions) {
  const client = log.client({ retries: 0, ssl, ...(as === undefined ? {} : { sasl: as }) });
  const admin = client.admin();
  try {
    await admin.connect();
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

describe('a log with certificates of services and one for clients outside', () => {
  it('asks all for a certificate that services trust, where there are no users', async () => {
    const partitioner = shows(services.sign('partitioner'));
    for (const side of [fromOutside(), fromInside()]) {
      expect(await topics(alone, { ...side, ...partitioner })).toContain('__consumer_offsets');
      await expect(topics(alone, side)).rejects.toThrow();
      const stranger = shows(outside.sign('partitioner'));
      await expect(topics(alone, { ...side, ...stranger })).rejects.toThrow();
    }
  });

  it('asks all for a password and none for a certificate, where there are users', async () => {
    const partitioner = shows(services.sign('partitioner'));
    for (const side of [fromOutside(), fromInside(), { ...fromInside(), ...partitioner }]) {
      expect(await topics(withUsers, side, sasl)).toContain('__consumer_offsets');
      await expect(topics(withUsers, side)).rejects.toThrow();
    }
  });

  it('shows services their certificate and all others the one for outside', async () => {
    const shown = (servername: string) =>
      new Promise((resolve, reject) => {
        const at = { host: '127.0.0.1', port: withUsers.port, rejectUnauthorized: false };
        const socket = connect({ ...at, servername }, () => {
          resolve(socket.getPeerCertificate().subject.CN);
          socket.destroy();
        });
        socket.on('error', reject);
      });
    expect(await shown('partition-log')).toBe('partition-log');
    expect(await shown('log.example')).toBe('log.example');
    expect(await shown('')).toBe('log.example');
  });
});
