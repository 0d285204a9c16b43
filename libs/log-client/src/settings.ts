import { addresses, setting, wholeNumber, type ConfigOf } from '@tally/service-kit';
import type { KafkaConfig } from './kafka.js';

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
};

export type LogConfig = ConfigOf<typeof logSettings>;

export function kafkaConfig(config: LogConfig & { readonly instance: string }): KafkaConfig {
  return {
    brokers: config.kafkaBrokers.split(','),
    clientId: `tally-${config.instance}`,
    requestTimeoutMs: config.logTimeoutMs,
  };
}
