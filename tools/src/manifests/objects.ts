import type { Deployment, StatefulSet } from 'kubernetes-types/apps/v1.d.ts';
import type {
  ConfigMap,
  Container,
  Namespace,
  PodTemplateSpec,
  Secret,
  Service,
  ServiceAccount,
} from 'kubernetes-types/core/v1.d.ts';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1.d.ts';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.d.ts';

/** Every kind that the manifests may hold: its type, by apiVersion and kind. */
export const KINDS = {
  'v1 ConfigMap': 'core/v1',
  'v1 Namespace': 'core/v1',
  'v1 Secret': 'core/v1',
  'v1 Service': 'core/v1',
  'v1 ServiceAccount': 'core/v1',
  'apps/v1 Deployment': 'apps/v1',
  'apps/v1 StatefulSet': 'apps/v1',
  'networking.k8s.io/v1 NetworkPolicy': 'networking/v1',
  'policy/v1 PodDisruptionBudget': 'policy/v1',
} as const;

interface Kinds {
  readonly ConfigMap: ConfigMap;
  readonly Namespace: Namespace;
  readonly Secret: Secret;
  readonly Service: Service;
  readonly ServiceAccount: ServiceAccount;
  readonly Deployment: Deployment;
  readonly StatefulSet: StatefulSet;
  readonly NetworkPolicy: NetworkPolicy;
  readonly PodDisruptionBudget: PodDisruptionBudget;
}
export type KubernetesObject = Kinds[keyof Kinds];
export type Objects = readonly KubernetesObject[];
export type Labels = Readonly<Record<string, string>>;

/** Objects of one kind; the schema was checked, so the kind tells the type. */
export function all<K extends keyof Kinds>(objects: Objects, kind: K): readonly Kinds[K][] {
  return objects.filter((object) => object.kind === kind) as unknown as Kinds[K][];
}

export function find<K extends keyof Kinds>(
  objects: Objects,
  kind: K,
  name: string | undefined,
): Kinds[K] | undefined {
  return all(objects, kind).find((object) => object.metadata?.name === name);
}

/** For messages: `Deployment/gateway`. */
export function titleOf({ kind, metadata }: KubernetesObject): string {
  return `${kind}/${metadata?.name}`;
}

/** What starts pods. */
export interface Workload {
  readonly title: string;
  readonly object: Deployment | StatefulSet;
  readonly template: PodTemplateSpec;
  readonly labels: Labels;
  readonly containers: readonly Container[];
}

export function workloads(objects: Objects): readonly Workload[] {
  return [...all(objects, 'Deployment'), ...all(objects, 'StatefulSet')].map((object) => {
    const template = object.spec?.template ?? {};
    const { containers = [], initContainers = [] } = template.spec ?? {};
    return {
      title: titleOf(object),
      object,
      template,
      labels: template.metadata?.labels ?? {},
      containers: [...initContainers, ...containers],
    };
  });
}

/** The app whose image a container runs, from whichever registry; undefined for a server that is not ours. */
export function appOf({ image = '' }: Container): string | undefined {
  return /(?:^|\/)tally\/([^/:@]+)/.exec(image)?.[1];
}
