import { z } from 'zod';
import { DAY_MS, SECOND_MS } from '../durations.js';
import { ATTRIBUTE_NAME_BYTES, isAttributeName } from './attribute-name.js';

/** How long the windows of an event type are kept; a row carries the index in this list, so it only grows. */
export const RETENTION_CLASSES = ['1d', '7d', '30d', '90d', '1y', 'ever'] as const;
/** One of RETENTION_CLASSES. */
export type RetentionClass = (typeof RETENTION_CLASSES)[number];

/** Each dimension multiplies the counters of a subject by the number of its values. */
export const MAX_DIMENSIONS = 8;
/** Most dimensions of them whose values come from the catalogue. */
export const MAX_ENRICHED = 4;
/** The shortest maximum age that an event type may have. */
export const MIN_AGE_MS = SECOND_MS;
/** The longest maximum age that an event type may have: ten years of 365 days. */
export const MAX_AGE_MS = 10 * 365 * DAY_MS;

const LIST = `expected a list of at most ${MAX_DIMENSIONS} dimensions`;
const NAMES = `expected dimensions that are names of attributes (1 to ${ATTRIBUTE_NAME_BYTES} bytes of UTF-8)`;
const ENRICHED = `expected at most ${MAX_ENRICHED} enriched dimensions, each once, that are names of fields of the catalogue (1 to ${ATTRIBUTE_NAME_BYTES} bytes of UTF-8)`;
const TOGETHER = `expected at most ${MAX_DIMENSIONS} dimensions together with the enriched ones, and no name in both`;
const AGE = 'expected a maximum age from 1 second to 10 years, or null';

/** The parts of a definition: the one rule of each, for the registry, the API and its document. */
export const EVENT_TYPE_PARTS = {
  /** Names of attributes whose values split the counters. */
  dimensions: z
    .array(
      z.string(NAMES).min(1, NAMES).max(ATTRIBUTE_NAME_BYTES, NAMES).refine(isAttributeName, NAMES),
      LIST,
    )
    .max(MAX_DIMENSIONS, LIST)
    .refine((names) => new Set(names).size === names.length, 'expected each dimension once')
    .meta({ uniqueItems: true }),
  /** Names of fields of the catalogue whose values split the counters too. */
  enriched: z
    .array(
      z
        .string(ENRICHED)
        .min(1, ENRICHED)
        .max(ATTRIBUTE_NAME_BYTES, ENRICHED)
        .refine(isAttributeName, ENRICHED),
      ENRICHED,
    )
    .max(MAX_ENRICHED, ENRICHED)
    .refine((names) => new Set(names).size === names.length, ENRICHED)
    .meta({ uniqueItems: true }),
  /** An event appended longer than this after its time is too late and not counted; null: never. */
  maxAgeMs: z.int(AGE).min(MIN_AGE_MS, AGE).max(MAX_AGE_MS, AGE).nullable(),
  /** How long the windows of the type are kept. */
  retention: z.enum(
    RETENTION_CLASSES,
    `expected a retention that is one of ${RETENTION_CLASSES.join(', ')}`,
  ),
};

/** The definition of an event type as the registry stores it. */
export const EVENT_TYPE_SCHEMA = z
  .object(
    // Versions of before had none.
    { ...EVENT_TYPE_PARTS, enriched: EVENT_TYPE_PARTS.enriched.default([]) },
    'expected an object',
  )
  .refine(({ dimensions, enriched }) => areApart(dimensions, enriched), TOGETHER)
  // Ascending by UTF-16 code units, as the series id wants them.
  .transform(({ dimensions, enriched, ...others }) => ({
    dimensions: dimensions.toSorted(),
    enriched: enriched.toSorted(),
    ...others,
  }));

/** What an event type means, as one version of the registry has it; dimensions and enriched ones ascend. */
export interface EventTypeDefinition extends Readonly<
  Omit<z.output<typeof EVENT_TYPE_SCHEMA>, 'dimensions' | 'enriched'>
> {
  readonly dimensions: readonly string[];
  readonly enriched: readonly string[];
}

/** What a type means that nobody defined. */
export const DEFAULT_EVENT_TYPE: EventTypeDefinition = {
  dimensions: [],
  enriched: [],
  maxAgeMs: null,
  retention: 'ever',
};

/** Whether two definitions mean the same. */
export function isSameDefinition(left: EventTypeDefinition, right: EventTypeDefinition): boolean {
  return (
    left.maxAgeMs === right.maxAgeMs &&
    left.retention === right.retention &&
    areSameNames(left.dimensions, right.dimensions) &&
    areSameNames(left.enriched, right.enriched)
  );
}

function areSameNames(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, index) => name === right[index]);
}

function areApart(dimensions: readonly string[], enriched: readonly string[]): boolean {
  const names = new Set([...dimensions, ...enriched]);
  return names.size === dimensions.length + enriched.length && names.size <= MAX_DIMENSIONS;
}
