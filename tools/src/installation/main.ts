import { homedir } from 'node:os';
import { join } from 'node:path';
import { TallyError } from '@tally/contracts';
import { readZooKeeperClaim } from '@tally/discovery';
import { kafkaConfig, LogAdmin, logSettings } from '@tally/log-client';
import {
  createLogger,
  openServiceTls,
  parseConfig,
  tlsSettings,
  type TlsFiles,
} from '@tally/service-kit';
import { readZooKeeperAuth, ZooKeeperSession, type ZooKeeperAuth } from '@tally/zookeeper';
import { endWithReader } from '../end-with-reader.js';
import { askShards } from './ask-shards.js';
import { toolSettingsIn } from './tool-settings.js';
import { parseCommand, USAGE, type Command } from './command.js';
import { wholeOf } from './copies.js';
import { restore } from './restore.js';
import { report } from './show.js';

const CONNECT_MS = 10_000;
const say = (line: string) => process.stdout.write(`${line}\n`);
const complain = (line: string) => process.stderr.write(`installation: ${line}\n`);
/** What matters is said by the commands themselves. */
const SILENCE = { write: () => undefined };
const logger = createLogger(
  'installation',
  { instance: 'installation', logLevel: 'error' },
  SILENCE,
);
const home = process.env['TALLY_HOME'] ?? join(homedir(), '.tally');

const addressFile = join(home, 'addresses.json');
/** What the environment says goes before what the stack of this clone gives its tools. */
const environment = { ...toolSettingsIn(addressFile), ...process.env };

endWithReader();
process.exitCode = await run(parseCommand(process.argv.slice(2), process.env, addressFile));

async function run(command: Command): Promise<number> {
  switch (command.kind) {
    case 'help':
      say(USAGE);
      return 0;
    case 'wrong':
      complain(`${command.problem}; --help says more`);
      return 2;
    case 'show':
      return connected(command.zookeeper, (session) => show(session, command.kafka));
    case 'restore':
      return connected(command.zookeeper, (session) => bringBack(session, command.from));
  }
}

async function connected(
  connect: string,
  work: (session: ZooKeeperSession) => Promise<number>,
): Promise<number> {
  let auth: ZooKeeperAuth | undefined;
  try {
    auth = readZooKeeperAuth(environment['TALLY_ZOOKEEPER_AUTH_FILE'] ?? '');
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    return 2;
  }
  const session = new ZooKeeperSession({ connect, logger, auth }).start();
  try {
    await session.whenConnected(CONNECT_MS);
    return await work(session);
  } catch (error) {
    if (!(error instanceof TallyError)) throw error;
    complain(error.message);
    return 1;
  } finally {
    await session.close();
  }
}

async function show(session: ZooKeeperSession, kafka: string | undefined): Promise<number> {
  const zookeeper = await readZooKeeperClaim(session);
  const tls = await openTls();
  const answers = await askShards(session, tls, ({ copies }) => wholeOf(copies).kind === 'whole');
  const logTopics = kafka === undefined ? undefined : await topicsOf(kafka, tls);
  const { lines, problem } = report({ zookeeper, answers, logTopics });
  for (const line of lines) say(line);
  if (problem === undefined) {
    say('they go together');
    return 0;
  }
  complain(problem);
  return 1;
}

async function bringBack(session: ZooKeeperSession, from: number | undefined): Promise<number> {
  const { copies, failures } = await askShards(
    session,
    await openTls(),
    (answers) => wholeOf(answers.copies, from).kind === 'whole',
  );
  for (const { shard, reason } of failures) complain(`shard ${shard}: ${reason}`);
  const whole = wholeOf(copies, from);
  if (whole.kind === 'unclear') {
    complain(whole.sentence);
    return 1;
  }
  const restored = await restore(session, whole);
  if (restored.kind === 'refused') {
    complain(restored.sentence);
    return 1;
  }
  const { id, kept } = whole.installation;
  say(
    `installation ${id}: ${restored.made} nodes were made; topic ${kept.topic ?? 'none'}, event types ` +
      `up to version ${kept.eventTypes}, shard map of epoch ${kept.shardMap}`,
  );
  return 0;
}

/** What shard-proxies and the log are shown; undefined where no certificate is named. */
async function openTls(): Promise<TlsFiles | undefined> {
  const loaded = parseConfig(tlsSettings, environment);
  if (loaded.kind === 'invalid')
    throw new TallyError('invalid_argument', loaded.problems.join('; '));
  return openServiceTls(loaded.config, logger);
}

/** The topics of events in the log, or why nobody knows. */
async function topicsOf(
  brokers: string,
  tls: TlsFiles | undefined,
): Promise<readonly string[] | string> {
  const loaded = parseConfig(logSettings, { ...environment, KAFKA_BROKERS: brokers });
  if (loaded.kind === 'invalid') return loaded.problems.join('; ');
  const config = { ...loaded.config, instance: 'installation' };
  const admin = new LogAdmin(kafkaConfig(config, tls), logger);
  try {
    return await admin.eventsTopics();
  } catch (error) {
    if (!(error instanceof TallyError)) throw error;
    return error.message;
  } finally {
    await admin.close();
  }
}
