import { z } from 'zod';
import { DAY_MS, SECOND_MS } from '../durations.js';
import { ATTRIBUTE_NAME_BYTES, isAttributeName } from './attribute-name.js';

/** How long the windows of an event type are kept; a row carries the index in this list, so it only grows. */
export const RETENTION_CLASSES = ['1d', '7d', '30d', '90d', '1y', 'ever'] as const;
/** One of RETENTION_CLASSES. */
export type RetentionClass = (typeof RETENTION_CLASSES)[number];

/** Each dimension multiplies the counters of a subject by the number of its values. */
export const MAX_DIMENSIONS = 8;
/** Combinations of values that a subject may have, unless its type says otherwise. */
export const DEFAULT_CARDINALITY_LIMIT = 1000;
/** The most that a type may allow: each is a counter, by minute. */
export const MAX_CARDINALITY_LIMIT = 100_000;
/** The value of all dimensions of what has one too many. */
export const OTHER_VALUE = '(other)';
/** Each unique attribute adds a sketch to each window of a subject. */
export const MAX_UNIQUES = 4;
/** Most dimensions of them whose values come from the catalogue. */
export const MAX_ENRICHED = 4;
/** The shortest maximum age that an event type may have. */
export const MIN_AGE_MS = SECOND_MS;
/** The longest maximum age that an event type may have: ten years of 365 days. */
export const MAX_AGE_MS = 10 * 365 * DAY_MS;

const LIMIT = `expected a cardinality limit from 1 to ${MAX_CARDINALITY_LIMIT}`;
const TOGETHER = `expected at most ${MAX_DIMENSIONS} dimensions together with the enriched ones, and no name in both`;
const AGE = 'expected a maximum age from 1 second to 10 years, or null';

/** Names of attributes, each once. `what` they are: one word for messages. */
function attributeNames(most: number, what: string) {
  const list = `expected a list of at most ${most} ${what}s`;
  const names = `expected ${what}s that are names of attributes (1 to ${ATTRIBUTE_NAME_BYTES} bytes of UTF-8)`;
  return z
    .array(
      z.string(names).min(1, names).max(ATTRIBUTE_NAME_BYTES, names).refine(isAttributeName, names),
      list,
    )
    .max(most, list)
    .refine((all) => new Set(all).size === all.length, `expected each ${what} once`)
    .meta({ uniqueItems: true });
}

/** The parts of a definition: the one rule of each, for the registry, the API and its document. */
export const EVENT_TYPE_PARTS = {
  /** Names of attributes whose values split the counters. */
  dimensions: attributeNames(MAX_DIMENSIONS, 'dimension'),
  /** Most combinations of values of dimensions that one subject may have. */
  cardinalityLimit: z.int(LIMIT).min(1, LIMIT).max(MAX_CARDINALITY_LIMIT, LIMIT),
  /** Names of fields of the catalogue whose values split the counters too. */
  enriched: attributeNames(MAX_ENRICHED, 'enriched dimension'),
  /** An event appended longer than this after its time is too late and not counted; null: never. */
  maxAgeMs: z.int(AGE).min(MIN_AGE_MS, AGE).max(MAX_AGE_MS, AGE).nullable(),
  /** How long the windows of the type are kept. */
  retention: z.enum(
    RETENTION_CLASSES,
    `expected a retention that is one of ${RETENTION_CLASSES.join(', ')}`,
  ),
  /** Names of attributes whose different values are counted. */
  uniques: attributeNames(MAX_UNIQUES, 'unique attribute'),
  /** Whether quantiles of the value can be asked for. */
  quantiles: z.boolean('expected quantiles that are true or false'),
};

/** The definition of an event type as the registry stores it; versions of before lack what came later. */
export const EVENT_TYPE_SCHEMA = z
  .object(
    {
      ...EVENT_TYPE_PARTS,
      enriched: EVENT_TYPE_PARTS.enriched.default([]),
      cardinalityLimit: EVENT_TYPE_PARTS.cardinalityLimit.default(DEFAULT_CARDINALITY_LIMIT),
      uniques: EVENT_TYPE_PARTS.uniques.default([]),
      quantiles: EVENT_TYPE_PARTS.quantiles.default(false),
    },
    'expected an object',
  )
  .refine(({ dimensions, enriched }) => areApart(dimensions, enriched), TOGETHER)
  // Ascending by UTF-16 code units, as the series id wants dimensions.
  .transform(({ dimensions, enriched, uniques, ...others }) => ({
    dimensions: dimensions.toSorted(),
    enriched: enriched.toSorted(),
    uniques: uniques.toSorted(),
    ...others,
  }));

/** What an event type means, as one version of the registry has it; all names ascend. */
export interface EventTypeDefinition extends Readonly<
  Omit<z.output<typeof EVENT_TYPE_SCHEMA>, 'dimensions' | 'enriched' | 'uniques'>
> {
  readonly dimensions: readonly string[];
  readonly enriched: readonly string[];
  readonly uniques: readonly string[];
}

/** What a type means that nobody defined. */
export const DEFAULT_EVENT_TYPE: EventTypeDefinition = {
  dimensions: [],
  enriched: [],
  cardinalityLimit: DEFAULT_CARDINALITY_LIMIT,
  maxAgeMs: null,
  retention: 'ever',
  uniques: [],
  quantiles: false,
};

/** Whether two definitions mean the same. */
export function isSameDefinition(left: EventTypeDefinition, right: EventTypeDefinition): boolean {
  return (
    left.maxAgeMs === right.maxAgeMs &&
    left.cardinalityLimit === right.cardinalityLimit &&
    left.retention === right.retention &&
    left.quantiles === right.quantiles &&
    areSameNames(left.dimensions, right.dimensions) &&
    areSameNames(left.enriched, right.enriched) &&
    areSameNames(left.uniques, right.uniques)
  );
}

function areSameNames(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, index) => name === right[index]);
}

function areApart(dimensions: readonly string[], enriched: readonly string[]): boolean {
  const names = new Set([...dimensions, ...enriched]);
  return names.size === dimensions.length + enriched.length && names.size <= MAX_DIMENSIONS;
}
