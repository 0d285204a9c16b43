import { CONFIG_OPERATION, CONFIG_SOURCE, type ConfigChange } from '@tally/kafka-wire';

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
  ['compression.type', { fallback: 'producer', isValid: oneOf('producer') }],
  ['max.message.bytes', { fallback: String(DEFAULT_MAX_MESSAGE_BYTES), isValid: wholeNumber(1) }],
  [
    'message.timestamp.type',
    { fallback: 'LogAppendTime', isValid: oneOf('LogAppendTime', 'CreateTime') },
  ],
  ['min.insync.replicas', { fallback: '1', isValid: oneOf('1') }],
  ['retention.bytes', { fallback: '-1', isValid: wholeNumber(-1) }],
  ['retention.ms', { fallback: '-1', isValid: wholeNumber(-1) }],
]);

type Configs = Readonly<Record<string, string>>;

export function stampsAppendTime(configs: Configs): boolean {
  return valueOf(configs, 'message.timestamp.type') === 'LogAppendTime';
}

export function maxMessageBytes(configs: Configs): number {
  return Number(valueOf(configs, 'max.message.bytes'));
}

export interface DescribedConfig {
  readonly name: string;
  readonly value: string;
  readonly readOnly: boolean;
  readonly source: number;
}

/** All settings, with the defaults of those that were not set. */
export function describeTopicConfigs(configs: Configs): DescribedConfig[] {
  return [...KNOWN].map(([name, { fallback }]) => ({
    name,
    value: configs[name] ?? fallback,
    readOnly: false,
    source: configs[name] === undefined ? CONFIG_SOURCE.default : CONFIG_SOURCE.topic,
  }));
}

export type ParsedConfigs =
  | { readonly kind: 'valid'; readonly configs: Configs }
  | { readonly kind: 'invalid'; readonly message: string };

/** What a client set; null goes back to the default. */
export function parseTopicConfigs(
  entries: readonly { readonly name: string; readonly value: string | null }[],
): ParsedConfigs {
  const configs: Record<string, string> = {};
  for (const { name, value } of entries) {
    const known = KNOWN.get(name);
    if (known === undefined)
      return { kind: 'invalid', message: `${name.slice(0, 100)} is not known` };
    if (value === null) continue;
    if (!known.isValid(value)) {
      return {
        kind: 'invalid',
        message: `${name} cannot be ${JSON.stringify(value.slice(0, 100))}`,
      };
    }
    configs[name] = value;
  }
  return { kind: 'valid', configs };
}

/** What holds after some settings were changed. No setting is a list that could be appended to. */
export function changeTopicConfigs(
  configs: Configs,
  changes: readonly ConfigChange[],
): ParsedConfigs {
  const entries = new Map(Object.entries(configs) as [string, string | null][]);
  for (const { name, operation, value } of changes) {
    if (operation === CONFIG_OPERATION.set) entries.set(name, value);
    else if (operation === CONFIG_OPERATION.delete) entries.set(name, null);
    else {
      const message = `${name.slice(0, 100)} can be set and deleted, not changed by ${operation}`;
      return { kind: 'invalid', message };
    }
  }
  return parseTopicConfigs([...entries].map(([name, value]) => ({ name, value })));
}

function valueOf(configs: Configs, name: string): string {
  return configs[name] ?? KNOWN.get(name)?.fallback ?? '';
}
