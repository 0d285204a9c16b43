import type { Logger } from '@tally/service-kit';
import kafkajs, { type Kafka, type logCreator, type SASLOptions } from 'kafkajs';

const { logLevel } = kafkajs;

/** How one process reaches the log. */
export interface KafkaConfig {
  /** host:port of some brokers. */
  readonly brokers: readonly string[];
  /** Name of this process in the brokers' logs and metrics. */
  readonly clientId: string;
  readonly requestTimeoutMs: number;
  /** undefined: connections are not encrypted. `ca`: PEM; undefined: what Node trusts. */
  readonly tls?: { readonly ca: string[] | undefined } | undefined;
  readonly sasl?: SaslConfig | undefined;
}

/** Who this process is to the log. */
export interface SaslConfig {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** Kafka's client with our bounds and our log: the same towards partition-log and Apache Kafka. */
export function createKafka(config: KafkaConfig, logger: Logger): Kafka {
  const { brokers, clientId, requestTimeoutMs, tls, sasl } = config;
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    ...(tls === undefined ? {} : { ssl: tls.ca === undefined ? true : { ca: tls.ca } }),
    ...(sasl === undefined ? {} : { sasl: sasl as SASLOptions }),
    requestTimeout: requestTimeoutMs,
    connectionTimeout: Math.min(requestTimeoutMs, 3000),
    enforceRequestTimeout: true,
    logLevel: logLevel.INFO,
    logCreator: logTo(logger),
    // A broker that restarts is back within seconds: many quick tries, none far apart.
    retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 5 },
  });
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
