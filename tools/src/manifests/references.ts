import type { Container } from 'kubernetes-types/core/v1.d.ts';
import { all, find, titleOf, workloads, type Objects, type Workload } from './objects.js';
import { serves } from './selectors.js';

/** The end of a name that kustomize makes of the contents of a ConfigMap or Secret. */
const HASH = /-[2456789bcdfghkmt]{10}$/;
const EXPECT_GENERATED =
  'expected one of a generator of the overlay, so that a change of it restarts its pods';

/**
 * References to what does not exist: ConfigMaps, Secrets and their keys, accounts, Services, volumes,
 * ports; and to ConfigMaps and Secrets whose name stays when they change: nobody would read them again.
 */
export function checkReferences(objects: Objects): readonly string[] {
  const pods = workloads(objects);
  return [
    ...pods.flatMap((workload) => [
      ...checkAccount(objects, workload),
      ...checkVolumes(objects, workload),
      ...workload.containers.flatMap((container) =>
        [...checkEnv(objects, container), ...checkProbes(container)].map(
          (problem) => `${workload.title}: ${container.name}: ${problem}`,
        ),
      ),
    ]),
    ...all(objects, 'Service').flatMap((service) =>
      (service.spec?.ports ?? []).flatMap(({ name, port, targetPort = port }) =>
        pods
          .filter(({ labels }) => serves(service, labels))
          .filter(({ containers }) => !containers.some((container) => opens(container, targetPort)))
          .map(
            ({ title }) => `${titleOf(service)}: port ${name}: ${title} has no port ${targetPort}`,
          ),
      ),
    ),
  ];
}

function checkAccount(objects: Objects, { title, object, template }: Workload): readonly string[] {
  const problems: string[] = [];
  const { serviceAccountName } = template.spec ?? {};
  if (serviceAccountName !== undefined && !find(objects, 'ServiceAccount', serviceAccountName))
    problems.push(`${title}: there is no ServiceAccount ${serviceAccountName}`);
  const serviceName =
    object.spec !== undefined && 'serviceName' in object.spec && object.spec.serviceName;
  if (serviceName !== false && !find(objects, 'Service', serviceName))
    problems.push(`${title}: there is no Service ${serviceName}`);
  return problems;
}

function checkVolumes(
  objects: Objects,
  { title, object, template, containers }: Workload,
): readonly string[] {
  const { volumes = [] } = template.spec ?? {};
  const claims =
    (object.spec !== undefined && 'volumeClaimTemplates' in object.spec
      ? object.spec.volumeClaimTemplates
      : undefined) ?? [];
  const names = [
    ...volumes.map(({ name }) => name),
    ...claims.map(({ metadata }) => metadata?.name),
  ];
  const mounts = containers.flatMap(({ volumeMounts = [] }) => volumeMounts);
  const mounted = mounts.map(({ name }) => name);
  const files = (volume: string) =>
    mounts.flatMap(({ name, subPath }) =>
      name === volume && subPath !== undefined ? [subPath] : [],
    );
  return [
    ...volumes.flatMap(({ name, configMap, secret, persistentVolumeClaim }) => [
      ...(configMap === undefined ? [] : fileProblems(objects, configMap.name, files(name))).map(
        (problem) => `${title}: ${problem}`,
      ),
      ...(secret === undefined || find(objects, 'Secret', secret.secretName)
        ? []
        : [`${title}: there is no Secret ${secret.secretName}`]),
      // Claims are made by StatefulSets alone here.
      ...(persistentVolumeClaim === undefined
        ? []
        : [`${title}: there is no PersistentVolumeClaim ${persistentVolumeClaim.claimName}`]),
    ]),
    ...mounted
      .filter((name) => !names.includes(name))
      .map((name) => `${title}: there is no volume ${name}`),
    ...names
      .filter((name) => name === undefined || !mounted.includes(name))
      .map((name) => `${title}: nothing mounts the volume ${name}`),
  ];
}

function fileProblems(
  objects: Objects,
  configMap: string | undefined,
  files: readonly string[],
): readonly string[] {
  const data = find(objects, 'ConfigMap', configMap)?.data;
  if (data === undefined) return [`there is no ConfigMap ${configMap}`];
  if (!HASH.test(configMap ?? '')) return [`ConfigMap ${configMap}: ${EXPECT_GENERATED}`];
  return files
    .filter((file) => !(file in data))
    .map((file) => `there is no ${file} in ConfigMap ${configMap}`);
}

function checkEnv(objects: Objects, { env = [], envFrom = [] }: Container): readonly string[] {
  return [
    // One variable at a time, so that each is seen to be one that the service knows.
    ...(envFrom.length > 0 ? ['envFrom: name each variable'] : []),
    ...env.flatMap(({ name, valueFrom: { configMapKeyRef, secretKeyRef } = {} }) => {
      const kind = configMapKeyRef === undefined ? 'Secret' : 'ConfigMap';
      const reference = configMapKeyRef ?? secretKeyRef;
      if (reference === undefined) return [];
      const keys = find(objects, kind, reference.name)?.data;
      if (keys === undefined) return [`${name}: there is no ${kind} ${reference.name}`];
      if (!HASH.test(reference.name ?? ''))
        return [`${name}: ${kind} ${reference.name}: ${EXPECT_GENERATED}`];
      return reference.key in keys || reference.optional === true
        ? []
        : [`${name}: ${kind} ${reference.name} has no key ${reference.key}`];
    }),
  ];
}

function checkProbes(container: Container): readonly string[] {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  return [livenessProbe, readinessProbe, startupProbe].flatMap((probe) => {
    const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port;
    return port === undefined || opens(container, port)
      ? []
      : [`a probe asks port ${port}, which it has not`];
  });
}

function opens({ ports = [] }: Container, port: string | number): boolean {
  return ports.some(({ name, containerPort }) => name === port || containerPort === port);
}
