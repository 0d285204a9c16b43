import {
  DEFAULT_EVENT_TYPE,
  EVENT_TYPE_PARTS,
  EVENT_TYPE_SCHEMA,
  type EventTypeDefinition,
  MAX_AGE_MS,
  MIN_AGE_MS,
  readDocument,
  SECOND_MS,
  TallyError,
} from '@tally/contracts';
import type { VersionedDefinition } from '@tally/counting';
import { z } from 'zod';
import { quoted } from '../events/rejection.js';

const AGE = 'expected a maximum age from 1 second to 10 years, or null';

/** The parts of a definition as the API has them: those of the registry, with ages in seconds. */
export const DOCUMENT_PARTS = {
  dimensions: EVENT_TYPE_PARTS.dimensions.describe(
    'Names of attributes whose values split the counters; answered ascending.',
  ),
  enriched: EVENT_TYPE_PARTS.enriched.describe(
    'Names of fields of the catalogue whose values split the counters too, as the catalogue has them for the subject when the event is taken in; answered ascending. At most eight dimensions together, and no name in both.',
  ),
  cardinalityLimit: EVENT_TYPE_PARTS.cardinalityLimit.describe(
    'Most combinations of their values for one subject; further ones are counted together, with all values "(other)".',
  ),
  maxAgeSeconds: z
    .number(AGE)
    .min(MIN_AGE_MS / SECOND_MS, AGE)
    .max(MAX_AGE_MS / SECOND_MS, AGE)
    .nullable()
    .describe('An event older than this when it arrives is not counted; null: no limit.'),
  retention: EVENT_TYPE_PARTS.retention.describe('How long the minutes of the type are kept.'),
  uniques: EVENT_TYPE_PARTS.uniques.describe(
    'Names of attributes whose different values are counted (function=unique); answered ascending.',
  ),
  quantiles: EVENT_TYPE_PARTS.quantiles.describe(
    'Whether quantiles of the value can be asked for (function=p95).',
  ),
};

/** What a caller gives: missing members have the defaults of a type that nobody defined. */
export const GIVEN_DEFINITION = z.strictObject(
  {
    dimensions: DOCUMENT_PARTS.dimensions.default([...DEFAULT_EVENT_TYPE.dimensions]),
    enriched: DOCUMENT_PARTS.enriched.default([...DEFAULT_EVENT_TYPE.enriched]),
    cardinalityLimit: DOCUMENT_PARTS.cardinalityLimit.default(DEFAULT_EVENT_TYPE.cardinalityLimit),
    maxAgeSeconds: DOCUMENT_PARTS.maxAgeSeconds.default(DEFAULT_EVENT_TYPE.maxAgeMs),
    retention: DOCUMENT_PARTS.retention.default(DEFAULT_EVENT_TYPE.retention),
    uniques: DOCUMENT_PARTS.uniques.default([...DEFAULT_EVENT_TYPE.uniques]),
    quantiles: DOCUMENT_PARTS.quantiles.default(DEFAULT_EVENT_TYPE.quantiles),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `expected dimensions, enriched, cardinalityLimit, maxAgeSeconds, retention, uniques and quantiles, got ${quoted(issue.keys[0] ?? '')}`
        : 'expected an object',
  },
);

/** A definition as the API has it: ages in seconds. */
export interface DefinitionDocument extends Omit<EventTypeDefinition, 'maxAgeMs'> {
  readonly maxAgeSeconds: number | null;
}

export function toDocument({
  version,
  definition,
}: VersionedDefinition): DefinitionDocument & { readonly version: number } {
  const { maxAgeMs, ...others } = definition;
  return {
    version,
    ...others,
    maxAgeSeconds: maxAgeMs === null ? null : maxAgeMs / SECOND_MS,
  };
}

/** What a caller gave, missing members with their defaults. TallyError `invalid_argument`. */
export function fromDocument(document: unknown): EventTypeDefinition {
  const { maxAgeSeconds, ...others } = checked(GIVEN_DEFINITION, document);
  const maxAgeMs = maxAgeSeconds === null ? null : maxAgeSeconds * SECOND_MS;
  // As they are stored: who gives them in another order means the same.
  return checked(EVENT_TYPE_SCHEMA, { ...others, maxAgeMs });
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const read = readDocument(schema, value);
  if (read.kind === 'malformed') throw new TallyError('invalid_argument', read.problem);
  return read.value;
}
