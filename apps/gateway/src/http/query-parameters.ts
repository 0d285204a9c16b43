import { TallyError } from '@tally/contracts';

/** The parameters of a URL, decoded, by name in the order in which they came. */
export type QueryParameters = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the query of a request target as forms write it (`+` for a space), strictly: names that are
 * not `allowed`, malformed escapes and bytes that are not UTF-8 are TallyError `invalid_argument`.
 */
export function readQuery(target: string, allowed: readonly string[]): QueryParameters {
  const found = new Map<string, string[]>();
  const start = target.indexOf('?');
  if (start < 0) return found;
  for (const part of target.slice(start + 1).split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    if (!allowed.includes(name))
      throw new TallyError(
        'invalid_argument',
        `expected ${listed(allowed)}, got another parameter`,
      );
    const value = equals < 0 ? '' : decode(part.slice(equals + 1));
    const values = found.get(name);
    if (values === undefined) found.set(name, [value]);
    else values.push(value);
  }
  return found;
}

/** The only value of a parameter; undefined without one. */
export function oneOf(query: QueryParameters, name: string): string | undefined {
  const [value, ...more] = query.get(name) ?? [];
  if (more.length > 0) throw new TallyError('invalid_argument', `expected ${name} once`);
  return value;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new TallyError('invalid_argument', 'expected a query of percent-encoded UTF-8');
  }
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'no parameters' : `parameters among ${names.join(', ')}`;
}
