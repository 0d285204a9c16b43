import type { Container } from 'kubernetes-types/core/v1.d.ts';
import { APPS } from '../stack/topology.js';
import { environmentOf } from './environment.js';
import { appOf, workloads, type Objects } from './objects.js';

/** One setting of an app's config.ts, as far as it matters here. */
export interface AppSetting {
  readonly variable: string;
  readonly secret: boolean;
  readonly schema: { safeParse(value: string | undefined): { readonly success: boolean } };
}
/** The settings of each app, by its name. */
export type SettingsOfApps = ReadonlyMap<string, readonly AppSetting[]>;

/** Read by Node and by otel.mjs, not by a config.ts. */
const BESIDE_SETTINGS = new Set(['NODE_OPTIONS', 'OTEL_EXPORTER_OTLP_ENDPOINT']);

/** Every app runs; its environment is what its settings accept, no more and no less; no secret is in clear. */
export function checkSettings(objects: Objects, apps: SettingsOfApps): readonly string[] {
  const ours = workloads(objects).flatMap(({ title, containers }) =>
    containers.flatMap((container) => {
      const app = appOf(container);
      return app === undefined ? [] : [{ title, container, app }];
    }),
  );
  return [
    ...APPS.filter((app) => !ours.some((one) => one.app === app)).map(
      (app) => `nothing runs ${app}`,
    ),
    ...ours.flatMap(({ title, container, app }) => {
      const settings = apps.get(app);
      if (settings === undefined) return [`${title}: there is no app ${app}`];
      return settingProblems(objects, container, settings).map((problem) => `${title}: ${problem}`);
    }),
  ];
}

function settingProblems(
  objects: Objects,
  container: Container,
  settings: readonly AppSetting[],
): readonly string[] {
  const { values, expanded, secrets, problems: found } = environmentOf(objects, container);
  const problems = [...found];
  const known = new Set([...settings.map(({ variable }) => variable), ...BESIDE_SETTINGS]);
  for (const name of values.keys())
    if (!known.has(name) && !expanded.has(name)) problems.push(`${name} is no setting of this app`);
  for (const { variable, schema, secret } of settings) {
    const value = values.get(variable) || undefined;
    if (!schema.safeParse(value).success)
      problems.push(
        value === undefined
          ? `${variable} is required`
          : `${variable} is not accepted: ${secret ? 'a secret' : value}`,
      );
    if (secret && value !== undefined && !secrets.has(variable) && !hasNoPassword(variable, value))
      problems.push(`${variable} is a secret and is in clear`);
  }
  return problems;
}

/** Of a URL, which is secret for its password alone. */
function hasNoPassword(variable: string, value: string): boolean {
  return variable.endsWith('_URL') && URL.canParse(value) && new URL(value).password === '';
}
