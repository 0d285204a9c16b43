import type { ConfigOf, Settings } from './settings.js';

/** The configuration, or a sentence for each setting that is missing or wrong. */
export type LoadedConfig<S extends Settings> =
  | { readonly kind: 'ok'; readonly config: ConfigOf<S> }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/**
 * Reads every setting; an empty variable counts as absent. Finds all problems, not just the first.
 *
 * @param problemsOf What is wrong with settings together that are each good by themselves.
 */
export function parseConfig<S extends Settings>(
  settings: S,
  environment: Readonly<Record<string, string | undefined>>,
  problemsOf: (config: ConfigOf<S>) => readonly string[] = () => [],
): LoadedConfig<S> {
  const problems: string[] = [];
  const config: Record<string, unknown> = {};
  for (const [name, { variable, schema, meaning, secret }] of Object.entries(settings)) {
    const value = environment[variable] === '' ? undefined : environment[variable];
    const parsed = schema.safeParse(value);
    if (parsed.success) {
      config[name] = parsed.data;
      continue;
    }
    const expected = parsed.error.issues[0]?.message ?? 'another value';
    const came =
      value === undefined ? 'it is missing' : secret ? 'it is not' : `got ${JSON.stringify(value)}`;
    problems.push(`${variable}: expected ${expected}, ${came} (${meaning})`);
  }
  if (problems.length > 0) return { kind: 'invalid', problems };
  const whole = config as ConfigOf<S>;
  const together = problemsOf(whole);
  return together.length > 0
    ? { kind: 'invalid', problems: together }
    : { kind: 'ok', config: whole };
}

/**
 * The configuration of this process, for main.ts alone. When settings are missing or wrong, prints
 * all of them to standard error and exits with status 1.
 */
export function loadConfig<S extends Settings>(
  service: string,
  settings: S,
  problemsOf?: (config: ConfigOf<S>) => readonly string[],
): ConfigOf<S> {
  // eslint-disable-next-line no-restricted-syntax -- This is the one place.
  const loaded = parseConfig(settings, process.env, problemsOf);
  if (loaded.kind === 'ok') return loaded.config;
  const { problems } = loaded;
  const count = problems.length === 1 ? '1 setting is' : `${problems.length} settings are`;
  process.stderr.write(`${service}: ${count} missing or wrong\n  ${problems.join('\n  ')}\n`);
  process.exit(1);
}
