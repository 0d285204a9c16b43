import {
  CONFIG_OPERATION,
  CONFIG_TYPE,
  type ConfigChange,
  type KafkaError,
} from '@tally/kafka-wire';
import type { TopicConfigs } from '@tally/segment-log';
import { inMessage } from '../in-message.js';
import { isKeptUntilDeleted } from '../internal-topics.js';
import { elementsOf } from './setting-kinds.js';
import { policyOf } from './settings-in-force.js';
import { TOPIC_SETTINGS, valueOf } from './topic-settings.js';

/** What a client can be told of a setting has at most so many bytes. */
const MAX_VALUE_BYTES = 0x7fff;

/** What a topic is to have, or why it cannot. */
export type ParsedConfigs =
  | { readonly kind: 'valid'; readonly configs: TopicConfigs }
  | { readonly kind: 'invalid'; readonly error: KafkaError; readonly message: string };

interface Entry {
  readonly name: string;
  /** null goes back to the default. */
  readonly value: string | null;
}

/** What a client set for a topic. */
export function parseTopicConfigs(topic: string, entries: readonly Entry[]): ParsedConfigs {
  return named(entries) ?? check(topic, entries);
}

/** What holds after some settings were changed, each once. */
export function changeTopicConfigs(
  topic: string,
  configs: TopicConfigs,
  changes: readonly ConfigChange[],
): ParsedConfigs {
  const refusal = named(changes);
  if (refusal !== undefined) return refusal;
  const entries = new Map<string, string | null>(Object.entries(configs));
  for (const { name, operation, value } of changes) {
    switch (operation) {
      case CONFIG_OPERATION.set:
        entries.set(name, value);
        break;
      case CONFIG_OPERATION.delete:
        entries.set(name, null);
        break;
      case CONFIG_OPERATION.append:
      case CONFIG_OPERATION.subtract: {
        if (TOPIC_SETTINGS.get(name)?.kind.type !== CONFIG_TYPE.list)
          return invalid(
            `${name} is no list: it can be set and deleted, nothing is added or taken`,
          );
        if (value === null)
          return invalid(
            `expected what to add to ${name} or take from it, got null`,
            'INVALID_REQUEST',
          );
        entries.set(name, changeList(valueOf(configs, name), operation, value));
        break;
      }
      default:
        return invalid(
          `expected as operation on ${name} 0 (set), 1 (delete), 2 (append) or 3 (subtract), got ${operation}`,
        );
    }
  }
  return check(
    topic,
    [...entries].map(([name, value]) => ({ name, value })),
  );
}

/** Elements that are there already are not added again. */
function changeList(list: string, operation: number, value: string): string {
  const [now, given] = [elementsOf(list), elementsOf(value)];
  if (operation === CONFIG_OPERATION.append) return [...new Set([...now, ...given])].join(',');
  const taken = new Set(given);
  return now.filter((element) => !taken.has(element)).join(',');
}

/** Refuses names that there are not, and those that are there twice: nobody knows which one holds. */
function named(entries: readonly { readonly name: string }[]): ParsedConfigs | undefined {
  const seen = new Set<string>();
  for (const { name } of entries) {
    if (!TOPIC_SETTINGS.has(name)) {
      const message = `${inMessage(name)} is not known: expected a setting of a topic of Kafka 2.3, as DescribeConfigs lists them`;
      return invalid(message);
    }
    if (seen.has(name))
      return invalid(
        `${name} is in the request twice: expected each setting once`,
        'INVALID_REQUEST',
      );
    seen.add(name);
  }
  return undefined;
}

function check(topic: string, entries: readonly Entry[]): ParsedConfigs {
  const configs: Record<string, string> = {};
  for (const { name, value } of entries) {
    const kind = TOPIC_SETTINGS.get(name)?.kind;
    // One that an earlier version knew: it stays.
    if (value === null) continue;
    const bytes = Buffer.byteLength(value);
    if (bytes > MAX_VALUE_BYTES)
      return invalid(`${name} would have ${bytes} bytes: at most ${MAX_VALUE_BYTES} can be told`);
    if (kind?.isValid(value) === false) {
      const got = JSON.stringify(inMessage(value));
      return invalid(`${name} cannot be ${got}: expected ${kind.expected}`);
    }
    configs[name] = value;
  }
  return conflict(topic, configs) ?? { kind: 'valid', configs };
}

function conflict(topic: string, configs: TopicConfigs): ParsedConfigs | undefined {
  const [minLag, maxLag] = ['min.compaction.lag.ms', 'max.compaction.lag.ms'].map((name) =>
    BigInt(valueOf(configs, name)),
  );
  if (minLag !== undefined && maxLag !== undefined && minLag > maxLag)
    return invalid(
      `min.compaction.lag.ms (${minLag}) cannot be above max.compaction.lag.ms (${maxLag})`,
    );
  if (policyOf(configs).kind !== 'keep' && isKeptUntilDeleted(topic)) {
    const message = `records of ${inMessage(topic)} go by DeleteRecords alone: it cannot have retention.ms, retention.bytes or cleanup.policy=compact`;
    return invalid(message);
  }
  return undefined;
}

function invalid(message: string, error: KafkaError = 'INVALID_CONFIG'): ParsedConfigs {
  return { kind: 'invalid', error, message };
}
