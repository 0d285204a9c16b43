import { DEFAULT_EVENT_TYPE, type EventTypeDefinition, TallyError } from '@tally/contracts';
import { problemOf, type VersionedDefinition } from '@tally/counting';
import { quoted } from '../events/rejection.js';

/** A definition as the API has it: ages in seconds. */
export interface DefinitionDocument {
  readonly dimensions: readonly string[];
  readonly maxAgeSeconds: number | null;
  readonly retention: EventTypeDefinition['retention'];
}

export function toDocument({
  version,
  definition,
}: VersionedDefinition): DefinitionDocument & { readonly version: number } {
  const { dimensions, maxAgeMs, retention } = definition;
  return {
    version,
    dimensions,
    maxAgeSeconds: maxAgeMs === null ? null : maxAgeMs / 1000,
    retention,
  };
}

/** What a caller gave, missing members with their defaults. TallyError `invalid_argument`. */
export function fromDocument(document: unknown): EventTypeDefinition {
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw new TallyError('invalid_argument', 'expected an object');
  const {
    dimensions = DEFAULT_EVENT_TYPE.dimensions,
    maxAgeSeconds = DEFAULT_EVENT_TYPE.maxAgeMs,
    retention = DEFAULT_EVENT_TYPE.retention,
    ...others
  } = document as Partial<Record<string, unknown>>;
  for (const name of Object.keys(others))
    throw new TallyError(
      'invalid_argument',
      `expected dimensions, maxAgeSeconds and retention, got ${quoted(name)}`,
    );
  const maxAgeMs = typeof maxAgeSeconds === 'number' ? maxAgeSeconds * 1000 : maxAgeSeconds;
  const definition = { dimensions, maxAgeMs, retention };
  const problem = problemOf(definition);
  if (problem !== undefined) throw new TallyError('invalid_argument', problem);
  const checked = definition as EventTypeDefinition;
  // As they are stored: who gives them in another order means the same.
  return { ...checked, dimensions: [...checked.dimensions].sort() };
}
