import type { NetworkPolicyPort } from 'kubernetes-types/networking/v1.d.ts';
import { all, workloads, type Objects, type Workload } from './objects.js';
import { selects } from './selectors.js';

/**
 * Network policies that do not fit together: everything is denied by default, an arrow is allowed
 * at both of its ends, and the port exists where it points to.
 */
export function checkArrows(objects: Objects): readonly string[] {
  const pods = workloads(objects);
  const problems: string[] = [];
  const denied = all(objects, 'NetworkPolicy').some(
    ({ spec }) =>
      Object.keys(spec?.podSelector ?? {}).length === 0 &&
      (spec?.ingress ?? []).length + (spec?.egress ?? []).length === 0 &&
      ['Ingress', 'Egress'].every((type) => spec?.policyTypes?.includes(type)),
  );
  if (!denied) problems.push('NetworkPolicy: nothing denies by default');
  const leaving = arrows(objects, pods, 'egress', problems);
  const arriving = arrows(objects, pods, 'ingress', problems);
  for (const arrow of leaving)
    if (!arriving.has(arrow)) problems.push(`NetworkPolicy: ${arrow} may leave but not arrive`);
  for (const arrow of arriving)
    if (!leaving.has(arrow)) problems.push(`NetworkPolicy: ${arrow} may arrive but not leave`);
  return problems;
}

/** Which workload may call which one at which port, as `Deployment/query → StatefulSet/redis redis`. */
export function leavingArrows(objects: Objects): ReadonlySet<string> {
  return arrows(objects, workloads(objects), 'egress', []);
}

function arrows(
  objects: Objects,
  pods: readonly Workload[],
  direction: 'ingress' | 'egress',
  problems: string[],
): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { metadata, spec } of all(objects, 'NetworkPolicy')) {
    const selected = pods.filter(({ labels }) => selects(spec?.podSelector ?? {}, labels));
    const rules =
      direction === 'ingress'
        ? (spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
        : (spec?.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
    for (const { peers = [], ports = [] } of rules) {
      const title = `NetworkPolicy/${metadata?.name}`;
      if (ports.length === 0) problems.push(`${title}: ${direction} to every port`);
      // The public door alone is open to everybody.
      if (
        peers.length === 0 &&
        (direction === 'egress' || ports.some(({ port }) => port !== 'http'))
      )
        problems.push(`${title}: ${direction} without a peer`);
      // Peers of other namespaces, and the world, are not among our pods.
      const inside = peers.flatMap(({ podSelector, namespaceSelector }) =>
        podSelector === undefined || namespaceSelector !== undefined
          ? []
          : pods.filter(({ labels }) => selects(podSelector, labels)),
      );
      const targets = direction === 'ingress' ? selected : inside;
      const sources = direction === 'ingress' ? inside : selected;
      for (const target of targets) {
        for (const port of ports) {
          if (!opens(target, port))
            problems.push(`${title}: ${target.title} has no port ${port.port}`);
          for (const source of sources) found.add(`${source.title} → ${target.title} ${port.port}`);
        }
      }
    }
  }
  return found;
}

function opens({ containers }: Workload, { port }: NetworkPolicyPort): boolean {
  return containers.some(({ ports = [] }) =>
    ports.some(({ name, containerPort }) => name === port || containerPort === port),
  );
}
