import {
  CATALOG_FIELDS,
  MAX_CATALOG_ENTRY_BYTES,
  MAX_CATALOG_FIELDS,
  readDocument,
  TallyError,
  type CatalogFields,
} from '@tally/contracts';
import { z } from 'zod';
import { quoted } from '../events/rejection.js';

const fields = CATALOG_FIELDS.meta({ maxProperties: MAX_CATALOG_FIELDS }).describe(
  `Names with texts, at most ${MAX_CATALOG_ENTRY_BYTES} bytes of JSON together. They take the place of all that was known of the subject.`,
);

/** What a caller gives. */
export const GIVEN_ENTRY = z.strictObject(
  { fields },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `expected fields, got ${quoted(issue.keys[0] ?? '')}`
        : 'expected an object with fields',
  },
);

/** What a caller is answered. */
export const CATALOG_ENTRY = z.object({
  subject: z.string(),
  fields: fields.optional(),
  position: z
    .int()
    .min(1)
    .describe(
      'Of the catalogue: events that come later through the gateway that took the entry know it.',
    ),
});

/** The fields that a caller gave. TallyError `invalid_argument`. */
export function readEntry(document: unknown): CatalogFields {
  const read = readDocument(GIVEN_ENTRY, document);
  if (read.kind === 'malformed') throw new TallyError('invalid_argument', read.problem);
  return read.value.fields;
}
