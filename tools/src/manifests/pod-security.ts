import type { Container, PodSpec } from 'kubernetes-types/core/v1.d.ts';
import { all, titleOf, workloads, type Objects } from './objects.js';

/** Kinds of volume that the level `restricted` of the Pod Security Standards allows. */
const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/**
 * Pods that the level `restricted` of the Pod Security Standards would refuse; and, beyond it, root
 * file systems that can be written to and tokens for the API server.
 */
export function checkPodSecurity(objects: Objects): readonly string[] {
  return [
    ...all(objects, 'ServiceAccount')
      .filter(({ automountServiceAccountToken }) => automountServiceAccountToken !== false)
      .map((account) => `${titleOf(account)}: expected automountServiceAccountToken: false`),
    ...all(objects, 'Namespace')
      .filter(
        ({ metadata }) => metadata?.labels?.['pod-security.kubernetes.io/enforce'] !== 'restricted',
      )
      .map((namespace) => `${titleOf(namespace)}: does not enforce the level restricted`),
    ...workloads(objects).flatMap(({ title, template, containers }) => {
      const pod = template.spec ?? { containers: [] };
      return [
        ...podProblems(pod),
        ...containers.flatMap((container) =>
          containerProblems(pod, container).map((problem) => `${container.name}: ${problem}`),
        ),
      ].map((problem) => `${title}: ${problem}`);
    }),
  ];
}

function podProblems(pod: PodSpec): readonly string[] {
  const problems: string[] = [];
  if (pod.automountServiceAccountToken !== false)
    problems.push('expected automountServiceAccountToken: false');
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC'] as const)
    if (pod[field] === true) problems.push(`${field} is not allowed`);
  if ((pod.securityContext?.sysctls ?? []).length > 0) problems.push('sysctls are not allowed');
  for (const { name, ...sources } of pod.volumes ?? [])
    for (const source of Object.keys(sources))
      if (!VOLUMES.includes(source)) problems.push(`volume ${name}: ${source} is not allowed`);
  return problems;
}

function containerProblems(pod: PodSpec, container: Container): readonly string[] {
  const context = { ...container.securityContext };
  const runAs = { ...pod.securityContext, ...context };
  const problems: string[] = [];
  const expect = (holds: boolean, expected: string) => {
    if (!holds) problems.push(`expected ${expected}`);
  };
  expect(context.privileged !== true, 'no privileged');
  expect(context.allowPrivilegeEscalation === false, 'allowPrivilegeEscalation: false');
  expect(context.readOnlyRootFilesystem === true, 'readOnlyRootFilesystem: true');
  expect(context.capabilities?.drop?.includes('ALL') === true, 'capabilities.drop: [ALL]');
  expect((context.capabilities?.add ?? []).length === 0, 'no capabilities.add');
  expect((context.procMount ?? 'Default') === 'Default', 'the default procMount');
  expect(runAs.runAsNonRoot === true, 'runAsNonRoot: true');
  expect((runAs.runAsUser ?? 0) > 0, 'a runAsUser other than root');
  expect(
    ['RuntimeDefault', 'Localhost'].includes(runAs.seccompProfile?.type ?? ''),
    'seccompProfile.type RuntimeDefault',
  );
  expect(runAs.seLinuxOptions === undefined, 'no seLinuxOptions');
  expect(runAs.windowsOptions === undefined, 'no windowsOptions');
  expect(
    (container.ports ?? []).every(({ hostPort }) => hostPort === undefined),
    'no hostPort',
  );
  return problems;
}
