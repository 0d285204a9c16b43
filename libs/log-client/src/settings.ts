import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import {
  addresses,
  line,
  oneOf,
  setting,
  wholeNumber,
  type ConfigOf,
  type TlsFiles,
} from '@tally/service-kit';
import type { KafkaConfig } from './kafka.js';

/** The name in the certificate of our log, whatever its address is. */
const LOG_APP = 'partition-log';

/** What every service that writes to the log, or reads it, reads too. */
export const logSettings = {
  kafkaBrokers: setting(
    'KAFKA_BROKERS',
    addresses(),
    'the log: partition-log, or brokers of Apache Kafka or one that speaks its protocol',
  ),
  logTimeoutMs: setting(
    'TALLY_LOG_TIMEOUT_MS',
    wholeNumber(100, 60_000, 5000),
    'how long one request to the log may take; longer than a broker needs to restart its disk',
  ),
  kafkaTls: setting(
    'KAFKA_TLS',
    oneOf(['as-services', 'off', 'on'], 'as-services'),
    'whether connections to the log are encrypted. `as-services`: mutual TLS with `partition-log` where `TALLY_TLS_CERT_FILE` and the others are set, else not; `on`: TLS with a log of others, whose certificate shows its host',
  ),
  kafkaTlsCaFile: setting(
    'KAFKA_TLS_CA_FILE',
    line('a file', ''),
    'with `KAFKA_TLS=on`: certificates, PEM, of those who may vouch for the log; where empty, those that Node trusts',
  ),
  kafkaSaslMechanism: setting(
    'KAFKA_SASL_MECHANISM',
    oneOf(['none', 'plain', 'scram-sha-256', 'scram-sha-512'], 'none'),
    'how this service authenticates to the log',
  ),
  kafkaSaslUser: setting('KAFKA_SASL_USER', line('a name', ''), 'who it is then'),
  kafkaSaslPasswordFile: setting(
    'KAFKA_SASL_PASSWORD_FILE',
    line('a file', ''),
    'holds its password; the line end does not count',
  ),
};

/** The values of `logSettings`. */
export type LogConfig = ConfigOf<typeof logSettings>;

/**
 * How this process reaches the log. Reads the files that the settings name; throws when one is missing
 * or the settings contradict each other. `service`: what it shows to other services.
 */
export function kafkaConfig(
  config: LogConfig & { readonly instance: string },
  service: TlsFiles | undefined,
): KafkaConfig {
  return {
    brokers: config.kafkaBrokers.split(','),
    clientId: `tally-${config.instance}`,
    requestTimeoutMs: config.logTimeoutMs,
    tls: encryptionOf(config, service),
    sasl: readSasl(config),
  };
}

function encryptionOf(config: LogConfig, service: TlsFiles | undefined): KafkaConfig['tls'] {
  switch (config.kafkaTls) {
    case 'off':
      return undefined;
    case 'on': {
      const ca = readCertificates(config.kafkaTlsCaFile);
      // An address is no name that a client may ask for by SNI.
      return (host) => ({ ca, servername: isIP(host) === 0 ? host : '' });
    }
    case 'as-services':
      return service && (() => ({ ...service.options, servername: LOG_APP }));
  }
}

function readCertificates(file: string): string[] | undefined {
  return file === '' ? undefined : [readFileSync(file, 'utf8')];
}

/** Throws where user or password are missing. */
function readSasl(config: LogConfig): KafkaConfig['sasl'] {
  const { kafkaSaslMechanism: mechanism, kafkaSaslUser: username, kafkaSaslPasswordFile } = config;
  if (mechanism === 'none') return undefined;
  if (username === '' || kafkaSaslPasswordFile === '') {
    throw new Error(`KAFKA_SASL_MECHANISM=${mechanism} needs KAFKA_SASL_USER and a password file`);
  }
  const password = readFileSync(kafkaSaslPasswordFile, 'utf8').replace(/\r?\n$/, '');
  return { mechanism, username, password };
}
