import type { Service } from 'kubernetes-types/core/v1.d.ts';
import type { LabelSelector } from 'kubernetes-types/meta/v1.d.ts';
import { all, titleOf, workloads, type Labels, type Objects } from './objects.js';

/** As the API server does: all of both lists; an empty selector selects everything. */
export function selects(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Labels,
): boolean {
  // Nothing here uses expressions; one that came in would be ignored silently.
  if (matchExpressions.length > 0) throw new Error('matchExpressions are not supported here');
  return Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
}

/** Whether a Service leads to pods with these labels; without a selector it leads nowhere. */
export function serves({ spec }: Service, labels: Labels): boolean {
  const { selector } = spec ?? {};
  return selector !== undefined && selects({ matchLabels: selector }, labels);
}

/** Selectors that select no pod, or pods of others. */
export function checkSelectors(objects: Objects): readonly string[] {
  const pods = workloads(objects);
  const problems: string[] = [];
  const expectMatch = (title: string, selector: LabelSelector | undefined) => {
    if (!pods.some(({ labels }) => selects(selector ?? {}, labels)))
      problems.push(`${title}: ${JSON.stringify(selector)} selects no pod`);
  };
  for (const service of all(objects, 'Service'))
    if (!pods.some(({ labels }) => serves(service, labels)))
      problems.push(
        `${titleOf(service)}: ${JSON.stringify(service.spec?.selector)} selects no pod`,
      );
  for (const budget of all(objects, 'PodDisruptionBudget'))
    expectMatch(titleOf(budget), budget.spec?.selector);
  // Its peers may be elsewhere; those that are here have a policy of their own, see arrows.ts.
  for (const policy of all(objects, 'NetworkPolicy'))
    expectMatch(titleOf(policy), policy.spec?.podSelector);
  for (const { title, object, labels } of pods) {
    const { selector } = object.spec ?? {};
    if (!selects(selector ?? {}, labels))
      problems.push(`${title}: ${JSON.stringify(selector)} does not select its own pods`);
    for (const other of pods)
      if (other.object !== object && selects(selector ?? {}, other.labels))
        problems.push(
          `${title}: ${JSON.stringify(selector)} selects the pods of ${other.title} too`,
        );
  }
  return problems;
}
