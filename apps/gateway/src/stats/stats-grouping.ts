import { MAX_DIMENSIONS, type shardProxy } from '@tally/contracts';
import { quoted } from '../events/rejection.js';
import { nearestName } from '../http/nearest-name.js';
import type { ParameterReader } from '../http/parameter-reader.js';

/** The dimensions that a type has, or had once: its events have their values. */
export type DimensionsOf = (type: string) => readonly string[];

/** So many dimensions that there are a refusal names. */
const MAX_NAMED = 20;

/**
 * Reads by which dimensions of a type is to be grouped (`group_by`), and which of their values are asked
 * for (`filter=name:value`, several of one dimension: any of them) or not (`exclude`). Undefined where
 * nothing of it is; tells the reader what is wrong.
 */
export function readGrouping(
  reader: ParameterReader,
  type: string,
  dimensionsOf: DimensionsOf,
): shardProxy.Grouping | undefined {
  const given = ['group_by', 'filter', 'exclude'] as const;
  if (given.every((name) => reader.all(name).every((value) => value === ''))) return undefined;
  const known = dimensionsOf(type);
  const groupBy = readNames(reader, type, known);
  if (groupBy.length > MAX_DIMENSIONS)
    reader.refuse(`expected at most ${MAX_DIMENSIONS} dimensions to group by`);
  return {
    groupBy,
    conditions: [
      ...readConditions(reader, 'filter', type, known),
      ...readConditions(reader, 'exclude', type, known),
    ],
  };
}

/** Names with commas between them, or the parameter repeated; a name may have commas itself. */
function readNames(reader: ParameterReader, type: string, known: readonly string[]): string[] {
  const given = reader
    .all('group_by')
    .flatMap((value) => (known.includes(value) ? [value] : value.split(',')))
    .filter((name) => name !== '');
  const unknown = given.find((name) => !known.includes(name));
  if (unknown !== undefined)
    reader.refuse(
      `expected group_by to be ${dimensions(type, known)}, got ${named(unknown, known)}`,
    );
  return [...new Set(given)];
}

/** One condition for each dimension that is named; a name may have colons itself. */
function readConditions(
  reader: ParameterReader,
  parameter: 'filter' | 'exclude',
  type: string,
  known: readonly string[],
): shardProxy.Condition[] {
  const values = new Map<string, string[]>();
  for (const given of reader.all(parameter).filter((one) => one !== '')) {
    const names = known.filter((name) => given.startsWith(`${name}:`));
    const [name] = names.sort((one, other) => other.length - one.length);
    if (name === undefined) {
      const colon = given.indexOf(':');
      const got =
        colon < 0 ? `${quoted(given)} without a colon` : named(given.slice(0, colon), known);
      reader.refuse(`expected ${parameter}=name:value with ${dimensions(type, known)}, got ${got}`);
      continue;
    }
    const value = given.slice(name.length + 1);
    const others = values.get(name);
    if (others === undefined) values.set(name, [value]);
    else others.push(value);
  }
  return [...values].map(([dimension, all]) => ({
    dimension,
    values: all,
    excluded: parameter === 'exclude',
  }));
}

function dimensions(type: string, known: readonly string[]): string {
  if (known.length === 0) return `a dimension of ${type}, which has none`;
  return `a dimension of ${type} (${known.slice(0, MAX_NAMED).join(', ')})`;
}

function named(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return `${quoted(name)}${nearest === undefined ? '' : ` (is it ${nearest}?)`}`;
}
