import { CONFIG_OPERATION, CONFIG_SOURCE, type ConfigChange } from '@tally/kafka-wire';
import type { Topic, TopicConfigs, UpkeepPolicy } from '@tally/segment-log';
import { inMessage } from './in-message.js';
import { isKeptUntilDeleted } from './internal-topics.js';

/** Kafka's own default is 1 MiB; a request may carry several blocks of 512 KiB for one partition. */
const DEFAULT_MAX_MESSAGE_BYTES = 8 << 20;

interface Known {
  readonly fallback: string;
  readonly isValid: (value: string) => boolean;
}

const wholeNumber = (min: number) => (value: string) =>
  /^-?\d{1,15}$/.test(value) && Number(value) >= min;
const oneOf =
  (...values: readonly string[]) =>
  (value: string) =>
    values.includes(value);

/** The settings of a topic, under Kafka's names. */
const KNOWN: ReadonlyMap<string, Known> = new Map([
  ['cleanup.policy', { fallback: 'delete', isValid: oneOf('delete', 'compact') }],
  // How long a record that deletes its key is kept: a day, as in Kafka.
  ['delete.retention.ms', { fallback: '86400000', isValid: wholeNumber(0) }],
  // The log packs and unpacks nothing: with the second, what is compressed is refused.
  ['compression.type', { fallback: 'producer', isValid: oneOf('producer', 'uncompressed') }],
  ['max.message.bytes', { fallback: String(DEFAULT_MAX_MESSAGE_BYTES), isValid: wholeNumber(1) }],
  [
    'message.timestamp.type',
    { fallback: 'CreateTime', isValid: oneOf('LogAppendTime', 'CreateTime') },
  ],
  ['min.insync.replicas', { fallback: '1', isValid: oneOf('1') }],
  ['retention.bytes', { fallback: '-1', isValid: wholeNumber(-1) }],
  ['retention.ms', { fallback: '-1', isValid: wholeNumber(-1) }],
  // A week, as in Kafka: a topic with few records is shortened by weeks and not by segments.
  ['segment.ms', { fallback: '604800000', isValid: wholeNumber(1) }],
]);

export function stampsAppendTime(configs: TopicConfigs): boolean {
  return valueOf(configs, 'message.timestamp.type') === 'LogAppendTime';
}

export function isUncompressed(configs: TopicConfigs): boolean {
  return valueOf(configs, 'compression.type') === 'uncompressed';
}

export function maxMessageBytes(configs: TopicConfigs): number {
  return Number(valueOf(configs, 'max.message.bytes'));
}

/** What happens to the old records of a topic. */
export function upkeepPolicy({ name, configs }: Topic): UpkeepPolicy {
  return isKeptUntilDeleted(name) ? { kind: 'keep' } : policyOf(configs);
}

function policyOf(configs: TopicConfigs): UpkeepPolicy {
  const number = (name: string) => Number(valueOf(configs, name));
  const limit = (name: string) => (number(name) < 0 ? undefined : number(name));
  const segmentMs = number('segment.ms');
  if (valueOf(configs, 'cleanup.policy') === 'compact') {
    return { kind: 'compact', segmentMs, deleteRetentionMs: number('delete.retention.ms') };
  }
  const [ms, bytes] = [limit('retention.ms'), limit('retention.bytes')];
  const keepsAll = ms === undefined && bytes === undefined;
  return keepsAll ? { kind: 'keep' } : { kind: 'delete', segmentMs, ms, bytes };
}

export interface DescribedConfig {
  readonly name: string;
  readonly value: string;
  readonly readOnly: boolean;
  readonly source: number;
}

/** All settings, with the defaults of those that were not set. */
export function describeTopicConfigs(configs: TopicConfigs): DescribedConfig[] {
  return [...KNOWN].map(([name, { fallback }]) => ({
    name,
    value: configs[name] ?? fallback,
    readOnly: false,
    source: configs[name] === undefined ? CONFIG_SOURCE.default : CONFIG_SOURCE.topic,
  }));
}

export type ParsedConfigs =
  | { readonly kind: 'valid'; readonly configs: TopicConfigs }
  | { readonly kind: 'invalid'; readonly message: string };

/** What a client set for a topic; null goes back to the default. */
export function parseTopicConfigs(
  topic: string,
  entries: readonly { readonly name: string; readonly value: string | null }[],
): ParsedConfigs {
  const configs: Record<string, string> = {};
  for (const { name, value } of entries) {
    const known = KNOWN.get(name);
    if (known === undefined) return { kind: 'invalid', message: `${inMessage(name)} is not known` };
    if (value === null) continue;
    if (!known.isValid(value)) {
      return {
        kind: 'invalid',
        message: `${name} cannot be ${JSON.stringify(inMessage(value))}`,
      };
    }
    configs[name] = value;
  }
  const { kind } = policyOf(configs);
  if (kind !== 'keep' && isKeptUntilDeleted(topic)) {
    const message = `records of ${inMessage(topic)} go by DeleteRecords alone: it cannot have retention.ms, retention.bytes or cleanup.policy=compact`;
    return { kind: 'invalid', message };
  }
  return { kind: 'valid', configs };
}

/** What holds after some settings were changed. No setting is a list that could be appended to. */
export function changeTopicConfigs(
  topic: string,
  configs: TopicConfigs,
  changes: readonly ConfigChange[],
): ParsedConfigs {
  const entries = new Map(Object.entries(configs) as [string, string | null][]);
  for (const { name, operation, value } of changes) {
    if (operation === CONFIG_OPERATION.set) entries.set(name, value);
    else if (operation === CONFIG_OPERATION.delete) entries.set(name, null);
    else {
      const message = `${inMessage(name)} can be set and deleted, not changed by ${operation}`;
      return { kind: 'invalid', message };
    }
  }
  return parseTopicConfigs(
    topic,
    [...entries].map(([name, value]) => ({ name, value })),
  );
}

function valueOf(configs: TopicConfigs, name: string): string {
  return configs[name] ?? KNOWN.get(name)?.fallback ?? '';
}
