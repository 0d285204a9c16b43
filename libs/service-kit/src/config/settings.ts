import { z } from 'zod';

/** One setting of a service: the environment variable, its schema and a sentence for people. */
export interface Setting<T> {
  readonly variable: string;
  readonly schema: z.ZodType<T, string | undefined>;
  /** What it is, with its unit; for a bound, the reason for the default. */
  readonly meaning: string;
  /** A secret's value is never printed. */
  readonly secret: boolean;
}

/** The settings of a service by the names of their values. */
export type Settings = Readonly<Record<string, Setting<unknown>>>;
/** The values of settings. */
export type ConfigOf<S extends Settings> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never;
};

/** Names a setting; its schema is one of those below. */
export function setting<T>(
  variable: string,
  schema: z.ZodType<T, string | undefined>,
  meaning: string,
  options: { readonly secret?: boolean } = {},
): Setting<T> {
  return { variable, schema, meaning, secret: options.secret ?? false };
}

const text = (expected: string) => z.string({ error: () => expected });

/** A whole number between `min` and `max`, with a default or required. */
export function wholeNumber(min: number, max: number, fallback?: number) {
  const expected = `a whole number from ${min} to ${max}`;
  const number = text(expected)
    .regex(/^\d{1,15}$/, expected)
    .transform(Number)
    .refine((value) => value >= min && value <= max, expected);
  return fallback === undefined ? number : withDefault(number, fallback);
}

/** A TCP port, with a default or required. */
export function port(fallback?: number) {
  return wholeNumber(1, 65_535, fallback);
}

/** Any non-empty text, with a default or required. */
export function line(expected: string, fallback?: string) {
  return fallback === undefined ? text(expected) : withDefault(text(expected), fallback);
}

/** One of a few words, with a default. */
export function oneOf<const T extends string>(values: readonly T[], fallback: T) {
  const expected = `one of ${values.join(', ')}`;
  const known = text(expected)
    .refine((value) => (values as readonly string[]).includes(value), expected)
    .transform((value) => value as T);
  return withDefault(known, fallback);
}

/** `host:port` pairs, comma-separated. */
export function addresses() {
  const expected = 'host:port[,host:port…]';
  return text(expected).regex(/^[^\s,:]+:\d{1,5}(,[^\s,:]+:\d{1,5})*$/, expected);
}

/** Names of hosts, comma-separated: exact ones, `*.` before a name for all below it, `*` for all; none by default. */
export function hostNames() {
  const expected =
    'host names without ports, comma-separated, such as tally.example.org,*.example.net';
  const name = String.raw`(\*|(\*\.)?\w[\w.-]*|\[[0-9a-fA-F:.]+\])`;
  return withDefault(text(expected).regex(new RegExp(`^${name}(,${name})*$`), expected), '');
}

/** An absolute URL of one of the given schemes, with a default or required. */
export function url(schemes: readonly string[], fallback?: string) {
  const expected = `a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  const schema = text(expected).refine(
    (value) => URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1)),
    expected,
  );
  return fallback === undefined ? schema : withDefault(schema, fallback);
}

function withDefault<T>(
  schema: z.ZodType<T, string>,
  fallback: T,
): z.ZodType<T, string | undefined> {
  return schema.optional().transform((value) => value ?? fallback);
}
