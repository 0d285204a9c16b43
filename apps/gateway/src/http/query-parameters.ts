import { TallyError } from '@tally/contracts';
import { quoted } from '../events/rejection.js';
import { nearestName } from './nearest-name.js';

/** The parameters of a URL, decoded, by name in the order in which they came. */
export type QueryParameters = ReadonlyMap<string, readonly string[]>;

/** What was read of a query, and all that is wrong with it, for people. */
export interface ParsedQuery {
  readonly parameters: QueryParameters;
  readonly problems: readonly string[];
}

const NO_QUERY: ParsedQuery = { parameters: new Map(), problems: [] };

/** So many problems are told; a request with more has one kind of them. */
const MAX_TOLD = 10;

/**
 * Reads the query of a request target as forms write it (`+` for a space), strictly: names that are
 * not `allowed`, malformed escapes and bytes that are not UTF-8 are problems.
 */
export function parseQuery(target: string, allowed: readonly string[]): ParsedQuery {
  const start = target.indexOf('?');
  if (start < 0) return NO_QUERY;
  const parameters = new Map<string, string[]>();
  const problems = new Set<string>();
  const parts = target.slice(start + 1).split('&');
  for (const part of parts) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? '' : decode(part.slice(equals + 1));
    if (name === undefined) problems.add('expected a query of percent-encoded UTF-8');
    else if (!allowed.includes(name)) problems.add(unknown(name, allowed));
    else if (value === undefined) problems.add(`expected ${name} to be percent-encoded UTF-8`);
    else {
      const values = parameters.get(name);
      if (values === undefined) parameters.set(name, [value]);
      else values.push(value);
    }
  }
  return { parameters, problems: [...problems] };
}

/** The query of a target, without a problem: TallyError `invalid_argument` otherwise. */
export function readQuery(target: string, allowed: readonly string[]): QueryParameters {
  const { parameters, problems } = parseQuery(target, allowed);
  if (problems.length > 0) throw refusalOf(problems);
  return parameters;
}

/** Says all that is wrong with a request at once: TallyError `invalid_argument`. */
export function refusalOf(problems: readonly string[]): TallyError {
  const told = problems.slice(0, MAX_TOLD);
  const more = problems.length - told.length;
  const rest = more > 0 ? [`and ${more} more of the kind`] : [];
  return new TallyError('invalid_argument', [...told, ...rest].join('; '));
}

/** The only value of a parameter; undefined without one. */
export function oneOf(query: QueryParameters, name: string): string | undefined {
  const [value, ...more] = query.get(name) ?? [];
  if (more.length > 0) throw new TallyError('invalid_argument', `expected ${name} once`);
  return value;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function unknown(name: string, allowed: readonly string[]): string {
  const nearest = nearestName(name, allowed);
  const hint = nearest === undefined ? '' : ` (is it ${nearest}?)`;
  return `expected ${listed(allowed)}, got ${quoted(name)}${hint}`;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'no parameters' : `parameters among ${names.join(', ')}`;
}
