import {
  RETENTION_CLASSES,
  type EventTypeDefinition,
  type RegistryChange,
  type RetentionClass,
} from '@tally/contracts';

/** Each dimension multiplies the counters of a subject by the number of its values. */
/** Path of the node below which each version of the registry has its own. */
export const EVENT_TYPES_NODE = '/event-types/versions';
export const MAX_DIMENSIONS = 8;
export const MIN_AGE_MS = 1000;
/** Ten years of 365 days. */
export const MAX_AGE_MS = 10 * 365 * 86_400_000;
/** Most bytes of UTF-8 in the name of an attribute. */
export const ATTRIBUTE_NAME_BYTES = 64;

const EVENT_TYPE_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const PROJECT_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

export function isEventTypeName(text: string): boolean {
  return EVENT_TYPE_NAME.test(text);
}

/**
 * 1 to 64 bytes of UTF-8 without NUL and lone surrogates. `__proto__` is nobody's attribute: an
 * object of JavaScript cannot hold it like the others.
 */
export function isAttributeName(text: string): boolean {
  return (
    text !== '' &&
    text !== '__proto__' &&
    !text.includes('\0') &&
    !/\p{Surrogate}/u.test(text) &&
    Buffer.byteLength(text) <= ATTRIBUTE_NAME_BYTES
  );
}

/** What is wrong with a definition that somebody gives; undefined when nothing is. */
export function problemOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'expected an object';
  const { dimensions, maxAgeMs, retention } = value as Partial<EventTypeDefinition>;
  if (!Array.isArray(dimensions) || dimensions.length > MAX_DIMENSIONS)
    return `expected a list of at most ${MAX_DIMENSIONS} dimensions`;
  const names = dimensions as readonly unknown[];
  if (!names.every((name) => typeof name === 'string' && isAttributeName(name)))
    return `expected dimensions that are names of attributes (1 to ${ATTRIBUTE_NAME_BYTES} bytes of UTF-8)`;
  if (new Set(names).size !== names.length) return 'expected each dimension once';
  if (maxAgeMs !== null) {
    const isInRange =
      Number.isSafeInteger(maxAgeMs) &&
      Number(maxAgeMs) >= MIN_AGE_MS &&
      Number(maxAgeMs) <= MAX_AGE_MS;
    if (!isInRange) return 'expected a greatest age from 1 second to 10 years, or null';
  }
  if (!RETENTION_CLASSES.includes(retention as RetentionClass))
    return `expected a retention that is one of ${RETENTION_CLASSES.join(', ')}`;
  return undefined;
}

/** A change as it was stored. Throws a RangeError that says what is wrong. */
export function parseRegistryChange(value: unknown): RegistryChange {
  const { project, type, definition } = (value ?? {}) as Partial<RegistryChange>;
  if (typeof project !== 'string' || !PROJECT_NAME.test(project))
    throw new RangeError('expected the name of a project');
  if (typeof type !== 'string' || !isEventTypeName(type))
    throw new RangeError('expected the name of an event type');
  const problem = problemOf(definition);
  if (problem !== undefined) throw new RangeError(problem);
  const { dimensions, maxAgeMs, retention } = definition as EventTypeDefinition;
  // Ascending by UTF-16 code units, as the series id wants them.
  return { project, type, definition: { dimensions: [...dimensions].sort(), maxAgeMs, retention } };
}

export function isSameDefinition(left: EventTypeDefinition, right: EventTypeDefinition): boolean {
  return (
    left.maxAgeMs === right.maxAgeMs &&
    left.retention === right.retention &&
    left.dimensions.length === right.dimensions.length &&
    left.dimensions.every((name, index) => name === right.dimensions[index])
  );
}
