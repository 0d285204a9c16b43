import type { Container, EnvVar } from 'kubernetes-types/core/v1.d.ts';
import { find, type Objects } from './objects.js';

/** What a container sees, as far as the manifests tell. */
export interface Environment {
  /** Undefined where an optional reference leads nowhere. */
  readonly values: ReadonlyMap<string, string | undefined>;
  /** Variables that others are made of: `$(NAME)`. */
  readonly expanded: ReadonlySet<string>;
  /** Variables that come from a Secret, also in part. */
  readonly secrets: ReadonlySet<string>;
  readonly problems: readonly string[];
}

const EXPANSION = /\$\(([A-Za-z_][A-Za-z0-9_]*)\)/g;
/** Stands for what only the cluster knows. */
const FIELDS: Readonly<Record<string, string>> = {
  'metadata.name': 'pod-0',
  'status.podIP': '10.0.0.1',
};

/** Expands as the kubelet does: only variables that stand before are known. */
export function environmentOf(objects: Objects, { env = [] }: Container): Environment {
  const problems: string[] = [];
  const values = new Map<string, string | undefined>();
  const expanded = new Set<string>();
  const secrets = new Set<string>();
  for (const variable of env) {
    if (values.has(variable.name)) problems.push(`${variable.name} is set twice`);
    if (variable.valueFrom?.secretKeyRef !== undefined) secrets.add(variable.name);
    const value = valueOf(objects, variable)?.replaceAll(EXPANSION, (text, name: string) => {
      expanded.add(name);
      if (secrets.has(name)) secrets.add(variable.name);
      if (!values.has(name)) problems.push(`${variable.name}: ${name} is not set before it`);
      return values.get(name) ?? text;
    });
    values.set(variable.name, value);
  }
  return { values, expanded, secrets, problems };
}

function valueOf(objects: Objects, { value, valueFrom }: EnvVar): string | undefined {
  const { configMapKeyRef, secretKeyRef, fieldRef } = valueFrom ?? {};
  if (fieldRef !== undefined) return FIELDS[fieldRef.fieldPath];
  if (configMapKeyRef !== undefined)
    return find(objects, 'ConfigMap', configMapKeyRef.name)?.data?.[configMapKeyRef.key];
  if (secretKeyRef === undefined) return value;
  const encoded = find(objects, 'Secret', secretKeyRef.name)?.data?.[secretKeyRef.key];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString();
}
