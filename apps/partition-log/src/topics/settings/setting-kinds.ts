import { CONFIG_TYPE } from '@tally/kafka-wire';

/** What values a setting takes. */
export interface SettingKind {
  /** See CONFIG_TYPE. */
  readonly type: number;
  /** What a value has to be, as a message says it. */
  readonly expected: string;
  readonly isValid: (value: string) => boolean;
}

const MAX_INT = 2n ** 31n - 1n;
export const MAX_LONG = 2n ** 63n - 1n;

/** A whole number of 64 bits. */
export function longFrom(min: number): SettingKind {
  return numberKind(CONFIG_TYPE.long, min, MAX_LONG);
}

/** A whole number of 32 bits. */
export function intFrom(min: number): SettingKind {
  return numberKind(CONFIG_TYPE.int, min, MAX_INT);
}

export const SHARE: SettingKind = {
  type: CONFIG_TYPE.double,
  expected: 'a number from 0 to 1',
  isValid: (value) => /^(0|1|0?\.\d{1,17}|0\.|1\.0{0,17})$/.test(value),
};

export const BOOLEAN: SettingKind = {
  type: CONFIG_TYPE.boolean,
  expected: 'true or false',
  isValid: (value) => /^(true|false)$/i.test(value),
};

/** A version of Kafka and, where it has one, of its format: 2.3 or 2.3-IV1. */
export const KAFKA_VERSION: SettingKind = {
  type: CONFIG_TYPE.string,
  expected: 'a version of Kafka, as 2.3-IV1',
  isValid: (value) => /^\d{1,2}\.\d{1,2}(\.\d{1,2}){0,2}(-IV\d{1,2})?$/.test(value),
};

export function oneOf(...values: readonly string[]): SettingKind {
  return {
    type: CONFIG_TYPE.string,
    expected: `one of ${values.join(', ')}`,
    isValid: (value) => values.includes(value),
  };
}

/** At least one of them, and no others. */
export function someOf(...values: readonly string[]): SettingKind {
  return {
    type: CONFIG_TYPE.list,
    expected: `a list of at least one of ${values.join(', ')}`,
    isValid: (value) => {
      const elements = elementsOf(value);
      return elements.length > 0 && elements.every((element) => values.includes(element));
    },
  };
}

/** Replicas whose copying is slowed: partition and node each, or all. */
export const REPLICAS: SettingKind = {
  type: CONFIG_TYPE.list,
  expected: 'a list of partition:node, or *',
  isValid: (value) =>
    value === '*' || elementsOf(value).every((element) => /^\d{1,10}:\d{1,10}$/.test(element)),
};

/** What a list holds; blanks around the commas mean nothing. */
export function elementsOf(list: string): string[] {
  return list.trim() === '' ? [] : list.split(',').map((element) => element.trim());
}

function numberKind(type: number, min: number, max: bigint): SettingKind {
  return {
    type,
    expected: `a whole number from ${min} to ${max}`,
    isValid: (value) =>
      /^-?\d{1,19}$/.test(value) && BigInt(value) >= BigInt(min) && BigInt(value) <= max,
  };
}
