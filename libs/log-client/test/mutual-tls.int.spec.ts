import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createLogger, parseConfig, TlsFiles } from '@tally/service-kit';
import {
  CertificateAuthority,
  eventually,
  startPartitionLog,
  startZooKeeper,
  type PartitionLogServer,
  type ZooKeeperServer,
} from '@tally/testing';
import {
  AppendClient,
  GroupReader,
  kafkaConfig,
  LogAdmin,
  logSettings,
  type KafkaConfig,
} from '../src/index.js';

// The log looks for new files once a minute.
jest.setTimeout(180_000);

const logger = createLogger('test', { instance: 'i', logLevel: 'error' });
logger.level = 'silent';
const dir = mkdtempSync(join(tmpdir(), 'tally-log-tls-'));
const ours = new CertificateAuthority();
const foreign = new CertificateAuthority();
const ofLog = ours.sign('partition-log');
const ofPartitioner = ours.sign('partitioner');
let zookeeper: ZooKeeperServer;
const logs: PartitionLogServer[] = [];
const ended: (() => Promise<void>)[] = [];

type Paths = ReturnType<CertificateAuthority['sign']>;

async function start(name: string, paths: Paths | undefined): Promise<PartitionLogServer> {
  const log = await startPartitionLog({
    dir: join(dir, name),
    zookeeper: zookeeper.connectString,
    logFile: join(dir, `${name}.log`),
    env:
      paths === undefined
        ? {}
        : {
            TALLY_TLS_CERT_FILE: paths.certFile,
            TALLY_TLS_KEY_FILE: paths.keyFile,
            TALLY_TLS_CA_FILE: paths.caFile,
          },
  });
  logs.push(log);
  return log;
}

let log: PartitionLogServer;
beforeAll(async () => {
  zookeeper = await startZooKeeper({ dir: join(dir, 'zookeeper') });
  log = await start('ours', ofLog);
});
afterAll(async () => {
  for (const end of ended) await end();
  for (const { process } of logs) await process.stop();
  await zookeeper.process.stop();
  ours.remove();
  foreign.remove();
  rmSync(dir, { recursive: true, force: true });
});

/** As a service reaches the log whose environment names these files. */
async function reaching(
  at: PartitionLogServer,
  paths: Paths | undefined,
  kafkaTls = 'as-services',
) {
  const tls = paths === undefined ? undefined : await TlsFiles.open(paths, logger);
  const parsed = parseConfig(logSettings, {
    KAFKA_BROKERS: at.broker,
    TALLY_LOG_TIMEOUT_MS: '1000',
    KAFKA_TLS: kafkaTls,
  });
  if (parsed.kind === 'invalid') throw new Error(parsed.problems.join());
  return { kafka: kafkaConfig({ ...parsed.config, instance: 'i' }, tls), tls };
}

async function topics(...args: Parameters<typeof reaching>): Promise<string[]> {
  const admin = new LogAdmin((await reaching(...args)).kafka, logger);
  try {
    return await admin.eventsTopics();
  } finally {
    await admin.close();
  }
}

/** The serial number of the certificate that it shows. */
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

describe('a log and clients with certificates of services', () => {
  it('understand each other, whatever the address is', async () => {
    expect(await topics(log, ofPartitioner)).toEqual([]);
  });

  it.each([
    ['does not encrypt', () => undefined, 'as-services'],
    ['does not encrypt since it is told so', () => ofPartitioner, 'off'],
    [
      'shows one of another authority',
      () => ({ ...foreign.sign('query'), caFile: ours.caFile }),
      'as-services',
    ],
  ])('the log serves no client that %s', async (_what, paths, kafkaTls) => {
    await expect(topics(log, paths(), kafkaTls)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('the log serves no client that shows none', async () => {
    const { kafka } = await reaching(log, ofPartitioner);
    const { cert: _cert, key: _key, ...rest } = kafka.tls?.('') ?? {};
    const admin = new LogAdmin({ ...kafka, tls: () => rest }, logger);
    ended.push(() => admin.close());
    await expect(admin.eventsTopics()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it.each([
    ['does not encrypt', () => undefined],
    ['is of another app', () => ours.sign('query')],
    ['is of another authority', () => ({ ...foreign.sign('partition-log'), caFile: ours.caFile })],
  ])('a client does not speak to a log that %s', async (what, paths) => {
    const other = await start(what.replaceAll(' ', '-'), paths());
    await expect(topics(other, ofPartitioner)).rejects.toMatchObject({ code: 'unavailable' });
    await other.process.stop();
  });
});

/** Both read and write as long as a test runs; `seen` is what was read. */
async function traffic(topic: string, writing: KafkaConfig, reading: KafkaConfig) {
  const seen: string[] = [];
  const wrong: unknown[] = [];
  const reader = new GroupReader({
    kafka: reading,
    logger,
    groupId: 'g',
    topic,
    sessionTimeoutMs: 3000,
    maxWaitMs: 50,
    minBytes: 1,
    maxBytesPerPartition: 1 << 20,
    onAssigned: (assignment) => {
      for (const partition of assignment.partitions)
        assignment.readFrom(partition, BigInt(seen.length));
    },
    onRecords: async (_assignment, _partition, records) => {
      for (const { value } of records) seen.push(String(value));
    },
    onSkipped: (...what) => void wrong.push(what),
    onDamaged: (...what) => void wrong.push(what),
    onRestart: () => undefined,
    onGivenUp: (error) => void wrong.push(error),
  });
  await reader.start();
  ended.push(() => reader.stop());
  const appender = new AppendClient(writing, logger);
  ended.push(() => appender.close());
  const sent: string[] = [];
  /** An append that failed may have been made: no two are the same. */
  const write = async (): Promise<void> => {
    const value = String(sent.length);
    await appender.append(topic, [{ partition: 0, value: Buffer.from(value) }], {});
    sent.push(value);
  };
  const allIsRead = async () => {
    await eventually('all is read', () => seen.includes(sent.at(-1) ?? ''));
    expect([...new Set(seen)]).toEqual(sent);
    expect(wrong).toEqual([]);
  };
  return { write, allIsRead };
}

describe('certificates that are replaced while records flow', () => {
  it('lose nothing, when another authority signs them too', async () => {
    const ofProcessor = ours.sign('processor');
    const old = ours.sign('partitioner', { file: 'old' });
    const topic = 'events-00000000000000aa';
    const writing = await reaching(log, ofPartitioner);
    const reading = await reaching(log, ofProcessor);
    const admin = new LogAdmin(writing.kafka, logger);
    ended.push(() => admin.close());
    await admin.createTopic(topic, 1);
    const { write, allIsRead } = await traffic(topic, writing.kafka, reading.kafka);
    await write();
    const before = await shown(log.port);
    const seesOther = async () => (await shown(log.port)) !== before;
    const replace = async (app: string, paths: Paths, tls?: TlsFiles) => {
      const next = foreign.sign(app, { file: `next-${app}` });
      copyFileSync(next.certFile, paths.certFile);
      copyFileSync(next.keyFile, paths.keyFile);
      await tls?.refresh();
    };
    // Everybody trusts both, then each gets a certificate of the other one, then that one is left.
    appendFileSync(ours.caFile, readFileSync(foreign.caFile));
    await Promise.all([writing.tls?.refresh(), reading.tls?.refresh()]);
    await replace('partition-log', ofLog);
    await eventually(
      'the log shows another',
      async () => {
        await write();
        return seesOther();
      },
      { timeoutMs: 90_000 },
    );
    // Who still has one of before is served, as long as the log trusts both.
    expect(await topics(log, ofPartitioner)).toContain(topic);
    await replace('partitioner', ofPartitioner, writing.tls);
    await replace('processor', ofProcessor, reading.tls);
    copyFileSync(foreign.caFile, ours.caFile);
    await Promise.all([writing.tls?.refresh(), reading.tls?.refresh()]);
    // All connections are new ones then.
    await log.process.stop();
    await log.process.start();
    await eventually('the log is written again', async () => {
      await write();
      return true;
    });
    await allIsRead();
    await expect(topics(log, old)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
