import { connect, type Socket } from 'node:net';
import { connect as connectEncrypted, type ConnectionOptions } from 'node:tls';
import { MINUTE_MS } from '@tally/contracts';
import type { Logger } from '@tally/service-kit';
import kafkajs, {
  type ISocketFactory,
  type Kafka,
  type logCreator,
  type SASLOptions,
} from 'kafkajs';
import { installCheckedCodecs } from './checked-codecs.js';
import { quietenClient } from './quiet-client.js';

const { logLevel } = kafkajs;

// Before any client is made: the codecs are those of all clients of the process.
installCheckedCodecs();
quietenClient();

/** How one process reaches the log. */
export interface KafkaConfig {
  /** host:port of some brokers. */
  readonly brokers: readonly string[];
  /** Name of this process in the brokers' logs and metrics. */
  readonly clientId: string;
  readonly requestTimeoutMs: number;
  /** How the next connection to that host is encrypted; undefined: connections are not. */
  readonly tls?: ((host: string) => ConnectionOptions) | undefined;
  readonly sasl?: SaslConfig | undefined;
}

/** Who this process is to the log. */
export interface SaslConfig {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** A broker that restarts is back within seconds: many quick tries, none far apart. */
export const RETRY = { initialRetryTime: 100, maxRetryTime: 1000, retries: 5 };
/** What the client does to each wait: it varies it by this share, then doubles it. */
const WAIT_VARIES = 1.2;

/**
 * How long the client may be at one append, in ms: each of its tries may have to connect, to ask who
 * leads the partitions, and to wait for the answer, up to their timeouts.
 */
export function longestAppendMs(requestTimeoutMs: number): number {
  const tries = RETRY.retries + 1;
  let allMs = tries * (connectionTimeoutMs(requestTimeoutMs) + 2 * requestTimeoutMs);
  let waitMs = RETRY.initialRetryTime * WAIT_VARIES;
  for (let wait = 0; wait < RETRY.retries; wait++) {
    allMs += waitMs;
    waitMs = Math.min(waitMs * WAIT_VARIES * 2, RETRY.maxRetryTime);
  }
  return Math.ceil(allMs);
}

/** How long the client waits for a connection, in ms. */
export function connectionTimeoutMs(requestTimeoutMs: number): number {
  return Math.min(requestTimeoutMs, 3000);
}

/** Where a broker is. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

/** Of `host:port`; an IPv6 address may stand in brackets. */
export function addressOf(broker: string): BrokerAddress {
  const at = broker.lastIndexOf(':');
  return { host: broker.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(broker.slice(at + 1)) };
}

/** A connection that is being made, with what the files hold now. */
export function openSocket({ host, port }: BrokerAddress, tls: KafkaConfig['tls']): Socket {
  const socket =
    tls === undefined ? connect({ host, port }) : connectEncrypted({ ...tls(host), host, port });
  return socket.setKeepAlive(true, MINUTE_MS);
}

/** Kafka's client with our bounds and our log: the same towards partition-log and Apache Kafka. */
export function createKafka(config: KafkaConfig, logger: Logger): Kafka {
  const { brokers, clientId, requestTimeoutMs, tls, sasl } = config;
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    ...(tls === undefined ? {} : { ssl: true, socketFactory: encrypt(tls) }),
    ...(sasl === undefined ? {} : { sasl: sasl as SASLOptions }),
    requestTimeout: requestTimeoutMs,
    connectionTimeout: connectionTimeoutMs(requestTimeoutMs),
    enforceRequestTimeout: true,
    logLevel: logLevel.INFO,
    logCreator: logTo(logger),
    retry: RETRY,
  });
}

function encrypt(tls: KafkaConfig['tls']): ISocketFactory {
  return ({ host, port, onConnect }) =>
    openSocket({ host, port }, tls).once('secureConnect', onConnect);
}

function logTo(logger: Logger): logCreator {
  return () =>
    ({ level, namespace, log }) => {
      const { message, logger: _name, timestamp: _at, stack: _stack, ...details } = log;
      const fields = { client: 'kafkajs', namespace, ...details };
      // The client logs as errors what it then tries again; those who call it report failures.
      if (level === logLevel.ERROR || level === logLevel.WARN) logger.warn(fields, message);
      else logger.debug(fields, message);
    };
}
