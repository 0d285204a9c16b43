import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { APPS } from '../stack/topology.js';
import { readCalls, type CallsOfApps } from './calls.js';
import { check } from './check.js';
import { render } from './render.js';
import type { AppSetting } from './settings.js';

const ROOT = join(import.meta.dirname, '../../..');
const POD = 'spec/template/spec';
/** What kustomize puts after the name of a ConfigMap or Secret. */
const HASH = /-[a-z0-9]{10}$/;
const FIRST = `${POD}/containers/0`;

/** One change of the real manifests: `undefined` takes away what stands at the path. */
interface Mistake {
  readonly name: string;
  readonly object: string;
  readonly path: string;
  readonly value?: unknown;
  readonly problem: string;
}

const MISTAKES: readonly Mistake[] = [
  {
    name: 'a field that Kubernetes does not know',
    object: 'Deployment/query',
    path: 'spec/replica',
    value: 2,
    problem: 'Deployment/query: spec.replica: Object literal may only specify known properties',
  },
  {
    name: 'a text where a number belongs',
    object: 'Deployment/query',
    path: `${FIRST}/ports/grpc/containerPort`,
    value: '9200',
    problem:
      "Deployment/query: spec.template.spec.containers[0].ports[0].containerPort: Type 'string' is not assignable to type 'number'.",
  },
  {
    name: 'a required field that is missing',
    object: 'StatefulSet/partition-log',
    path: 'spec/selector',
    problem: "StatefulSet/partition-log: spec: Property 'selector' is missing in type",
  },
  {
    name: 'a key without a value',
    object: 'Deployment/query',
    path: `${FIRST}/livenessProbe`,
    value: null,
    problem:
      "Deployment/query: spec.template.spec.containers[0].livenessProbe: Type 'null' is not assignable to type 'Probe'.",
  },
  {
    name: 'an object of an unknown kind',
    object: 'PodDisruptionBudget/query',
    path: 'apiVersion',
    value: 'policy/v1beta1',
    problem: 'policy/v1beta1 PodDisruptionBudget query: expected a name and one of the known kinds',
  },
  {
    name: 'a Service that selects no pod',
    object: 'Service/jaeger',
    path: 'spec/selector',
    value: { 'app.kubernetes.io/name': 'yaeger' },
    problem: 'Service/jaeger: {"app.kubernetes.io/name":"yaeger"} selects no pod',
  },
  {
    name: 'a Deployment that does not select its own pods',
    object: 'Deployment/console',
    path: 'spec/selector/matchLabels',
    value: { 'app.kubernetes.io/name': 'consol' },
    problem:
      'Deployment/console: {"matchLabels":{"app.kubernetes.io/name":"consol"}} does not select its own pods',
  },
  {
    name: 'a Service whose port its pods do not have',
    object: 'Service/gateway',
    path: 'spec/ports/http/targetPort',
    value: 'htttp',
    problem: 'Service/gateway: port http: Deployment/gateway has no port htttp',
  },
  {
    name: 'a Secret that is not there',
    object: 'Deployment/shard-proxy-1',
    path: `${FIRST}/env/POSTGRES_PASSWORD/valueFrom/secretKeyRef/name`,
    value: 'shard-2',
    problem: 'Deployment/shard-proxy-1: shard-proxy: POSTGRES_PASSWORD: there is no Secret shard-2',
  },
  {
    name: 'a key that the Secret does not have',
    object: 'StatefulSet/postgres-0',
    path: `${FIRST}/env/POSTGRES_PASSWORD/valueFrom/secretKeyRef/key`,
    value: 'pasword',
    problem: 'has no key pasword',
  },
  {
    name: 'an account that is not there',
    object: 'Deployment/rollup',
    path: `${POD}/serviceAccountName`,
    value: 'roll-up',
    problem: 'Deployment/rollup: there is no ServiceAccount roll-up',
  },
  {
    name: 'a mount of a volume that is not there',
    object: 'StatefulSet/partition-log',
    path: 'spec/volumeClaimTemplates',
    problem: 'StatefulSet/partition-log: there is no volume log',
  },
  {
    name: 'a probe of a port that the container does not have',
    object: 'StatefulSet/redis',
    path: `${FIRST}/readinessProbe/tcpSocket/port`,
    value: 'reddis',
    problem: 'StatefulSet/redis: redis: a probe asks port reddis, which it has not',
  },
  {
    name: 'a container that runs as root',
    object: 'Deployment/auditor',
    path: `${POD}/securityContext/runAsUser`,
    value: 0,
    problem: 'Deployment/auditor: auditor: expected a runAsUser other than root',
  },
  {
    name: 'a root file system that can be written to',
    object: 'Deployment/auditor',
    path: `${FIRST}/securityContext/readOnlyRootFilesystem`,
    problem: 'Deployment/auditor: auditor: expected readOnlyRootFilesystem: true',
  },
  {
    name: 'a token for the API server',
    object: 'Deployment/processor',
    path: `${POD}/automountServiceAccountToken`,
    problem: 'Deployment/processor: expected automountServiceAccountToken: false',
  },
  {
    name: 'a folder of the node',
    object: 'StatefulSet/zookeeper',
    path: `${POD}/volumes/scratch`,
    value: { name: 'scratch', hostPath: { path: '/tmp' } },
    problem: 'StatefulSet/zookeeper: volume scratch: hostPath is not allowed',
  },
  {
    name: 'a container without a limit of memory',
    object: 'Deployment/jaeger',
    path: `${FIRST}/resources/limits`,
    problem: 'Deployment/jaeger: jaeger: expected resources.limits.memory',
  },
  {
    name: 'an image that may be another one tomorrow',
    object: 'Deployment/gateway',
    path: `${FIRST}/image`,
    value: 'tally/gateway:latest',
    problem:
      'Deployment/gateway: gateway: expected an image with a tag that stays, got tally/gateway:latest',
  },
  {
    name: 'a readiness probe that asks whether it lives',
    object: 'Deployment/query',
    path: `${FIRST}/readinessProbe/httpGet/path`,
    value: '/health/live',
    problem: 'Deployment/query: query: expected readinessProbe: GET /health/ready of admin',
  },
  {
    name: 'no time to start',
    object: 'Deployment/query',
    path: `${FIRST}/startupProbe/failureThreshold`,
    value: 12,
    problem: 'Deployment/query: query: expected a startupProbe of 300 s at least, got 60 s',
  },
  {
    name: 'a startup probe that asks whether it is ready',
    object: 'Deployment/query',
    path: `${FIRST}/startupProbe/httpGet/path`,
    value: '/health/ready',
    problem: 'Deployment/query: query: expected startupProbe: GET /health/live of admin',
  },
  {
    name: 'a second for a probe that forks',
    object: 'StatefulSet/postgres-0',
    path: `${FIRST}/readinessProbe/timeoutSeconds`,
    problem: 'StatefulSet/postgres-0: postgres: expected more than a second for a probe that forks',
  },
  {
    name: 'a variable that the app does not know',
    object: 'Deployment/partitioner',
    path: `${FIRST}/env/TALLY_INSTANCE/name`,
    value: 'TALLY_INSTANSE',
    problem: 'Deployment/partitioner: TALLY_INSTANSE is no setting of this app',
  },
  {
    name: 'a required setting that is not given',
    object: 'Deployment/query',
    path: `${FIRST}/env/TALLY_GRPC_PORT`,
    problem: 'Deployment/query: TALLY_GRPC_PORT is required',
  },
  {
    name: 'a value that the app refuses',
    object: 'ConfigMap/tally',
    path: 'data/shards',
    value: 'two',
    problem: 'Deployment/cluster-proxy: TALLY_SHARDS is not accepted: two',
  },
  {
    name: 'a secret in clear',
    object: 'Deployment/gateway',
    path: `${FIRST}/env/TALLY_ADMIN_KEY`,
    value: { name: 'TALLY_ADMIN_KEY', value: 'open sesame' },
    problem: 'Deployment/gateway: TALLY_ADMIN_KEY is a secret and is in clear',
  },
  {
    name: 'a password in clear in a URL',
    object: 'Deployment/shard-proxy-0',
    path: `${FIRST}/env/OTEL_EXPORTER_OTLP_ENDPOINT`,
    value: { name: 'TALLY_SHARD_MIGRATION_URL', value: 'postgres://tally:sesame@db/tally' },
    problem: 'Deployment/shard-proxy-0: TALLY_SHARD_MIGRATION_URL is a secret and is in clear',
  },
  {
    name: 'an app that nothing runs',
    object: 'Deployment/auditor',
    path: `${FIRST}/image`,
    value: 'tally/console:dev',
    problem: 'nothing runs auditor',
  },
  {
    name: 'an arrow that is open at one end',
    object: 'NetworkPolicy/partitioner',
    path: 'spec/ingress',
    problem:
      'NetworkPolicy: Deployment/gateway → Deployment/partitioner grpc may leave but not arrive',
  },
  {
    name: 'an arrow to nowhere',
    object: 'NetworkPolicy/rollup',
    path: 'spec/egress/1/to/0/podSelector/matchLabels',
    value: { 'app.kubernetes.io/name': 'rediss' },
    problem: 'NetworkPolicy: Deployment/rollup → StatefulSet/redis redis may arrive but not leave',
  },
  {
    name: 'a network in which nothing is denied',
    object: 'NetworkPolicy/default-deny',
    path: 'spec/policyTypes',
    value: ['Ingress'],
    problem: 'NetworkPolicy: nothing denies by default',
  },
  {
    name: 'pods that all may be evicted at once',
    object: 'PodDisruptionBudget/query',
    path: 'spec/selector/matchLabels',
    value: { 'app.kubernetes.io/name': 'jaeger' },
    problem: 'Deployment/query: expected one PodDisruptionBudget, got 0',
  },
  {
    name: 'a Service without a selector',
    object: 'Service/jaeger',
    path: 'spec/selector',
    problem: 'Service/jaeger: undefined selects no pod',
  },
  {
    name: 'an address that no Service has',
    object: 'Service/postgres-0',
    path: 'spec/ports/postgres/port',
    value: 5433,
    problem:
      'Deployment/shard-proxy-0: TALLY_SHARD_URL: no Service has the address postgres-0:5432',
  },
  {
    name: 'an address that the network does not let through',
    object: 'Deployment/partitioner',
    path: `${FIRST}/env/KAFKA_BROKERS`,
    value: { name: 'KAFKA_BROKERS', value: 'redis:6379' },
    problem:
      'Deployment/partitioner: KAFKA_BROKERS: no NetworkPolicy allows Deployment/partitioner → StatefulSet/redis redis',
  },
  {
    name: 'an optional key of a ConfigMap that is not there',
    object: 'Deployment/query',
    path: `${FIRST}/env/OTEL_EXPORTER_OTLP_ENDPOINT/valueFrom/configMapKeyRef/name`,
    value: 'taly',
    problem: 'Deployment/query: query: OTEL_EXPORTER_OTLP_ENDPOINT: there is no ConfigMap taly',
  },
  {
    name: 'a file that the ConfigMap does not have',
    object: 'ConfigMap/zookeeper',
    path: 'data/zoo.cfg',
    problem: 'StatefulSet/zookeeper: there is no zoo.cfg in ConfigMap zookeeper',
  },
  {
    name: 'a password in clear of a server that is not ours',
    object: 'StatefulSet/postgres-0',
    path: `${FIRST}/env/POSTGRES_PASSWORD`,
    value: { name: 'POSTGRES_PASSWORD', value: 'open sesame' },
    problem: 'StatefulSet/postgres-0: postgres: expected POSTGRES_PASSWORD from a Secret',
  },
  {
    name: 'a policy that opens every port',
    object: 'NetworkPolicy/gateway',
    path: 'spec/ingress/0/ports',
    problem: 'NetworkPolicy/gateway: ingress to every port',
  },
  {
    name: 'an admin port that is open to everybody',
    object: 'NetworkPolicy/gateway',
    path: 'spec/ingress/0/ports',
    value: [{ port: 'admin' }],
    problem: 'NetworkPolicy/gateway: ingress without a peer',
  },
  {
    name: 'pods of two budgets, which are never evicted',
    object: 'PodDisruptionBudget/shard-proxy-1',
    path: 'spec/selector/matchLabels',
    value: { 'app.kubernetes.io/name': 'shard-proxy' },
    problem: 'Deployment/shard-proxy-0: expected one PodDisruptionBudget, got 2',
  },
];

describe('the overlay dev', () => {
  let objects: readonly unknown[];
  const apps = new Map<string, readonly AppSetting[]>();
  let calls: CallsOfApps;
  beforeAll(async () => {
    objects = render(join(ROOT, 'k8s/overlays/dev'));
    calls = readCalls(ROOT, APPS);
    for (const app of APPS) {
      const { settings } = (await import(join(ROOT, 'apps', app, 'src/config.ts'))) as {
        readonly settings: Readonly<Record<string, AppSetting>>;
      };
      apps.set(app, Object.values(settings));
    }
  }, 60_000);

  it('has no problem', () => {
    expect(check(objects, apps, calls)).toEqual([]);
  }, 60_000);

  it.each(MISTAKES)(
    'is refused with $name',
    ({ object, path, value, problem }) => {
      const problems = check(changed(objects, object, path.split('/'), value), apps, calls);
      expect(problems).toEqual([expect.stringContaining(problem)]);
    },
    60_000,
  );
});

type Node = Record<string, unknown> | unknown[];

/** A copy with one change. Elements of a list are found by their index or their name. */
function changed(
  objects: readonly unknown[],
  title: string,
  path: readonly string[],
  value: unknown,
): readonly unknown[] {
  const copy = structuredClone(objects) as Record<string, unknown>[];
  const target = copy.find(
    ({ kind, metadata }) =>
      `${String(kind)}/${(metadata as { name: string }).name}`.replace(HASH, '') === title,
  );
  let node: Node | undefined = target;
  const keys = path.map((step, depth) => {
    if (node === undefined)
      throw new Error(`there is no ${title} ${path.slice(0, depth).join('/')}`);
    const key = Array.isArray(node) ? indexOf(node, step) : step;
    const parent: Node = node;
    node = Reflect.get(parent, key) as Node | undefined;
    return { parent, key };
  });
  const last = keys.at(-1);
  if (last === undefined) throw new Error('expected a path');
  if (value !== undefined) Reflect.set(last.parent, last.key, value);
  else if (Array.isArray(last.parent)) last.parent.splice(Number(last.key), 1);
  else Reflect.deleteProperty(last.parent, last.key);
  return copy;
}

function indexOf(list: readonly unknown[], step: string): string {
  if (/^\d+$/.test(step)) return step;
  const index = list.findIndex((element) => (element as { name?: string }).name === step);
  if (index < 0) throw new Error(`there is no ${step}`);
  return String(index);
}
