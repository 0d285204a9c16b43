import type { Probe } from 'kubernetes-types/core/v1.d.ts';
import { all, appOf, titleOf, workloads, type Objects } from './objects.js';
import { selects, serves } from './selectors.js';

/** Names of variables of servers that are not ours; our own settings say whether they are secret. */
const SECRET = /PASSWORD|SECRET|TOKEN|KEY/;

/** On a busy node with two cores Node alone took 69 s, and the liveness probe would end it after 60 s. */
const SECONDS_TO_START = 300;

/**
 * What every container needs: resources, probes (ours on the admin port), an image that stays the
 * same, secrets from Secrets; and every workload of ours one budget for disruptions, a Service and an
 * account of its own.
 */
export function checkContainers(objects: Objects): readonly string[] {
  const problems: string[] = [];
  for (const { title, labels, template, containers } of workloads(objects)) {
    for (const container of containers) {
      const expect = (holds: boolean, expected: string) => {
        if (!holds) problems.push(`${title}: ${container.name}: expected ${expected}`);
      };
      const { image = '', resources = {} } = container;
      const { startupProbe, livenessProbe, readinessProbe } = container;
      expect(
        /:(?!latest$)[^/:]+$|@sha256:/.test(image),
        `an image with a tag that stays, got ${image}`,
      );
      // No limit of CPU: it would only slow down what the node has room for.
      expect(resources.requests?.['cpu'] !== undefined, 'resources.requests.cpu');
      expect(resources.requests?.['memory'] !== undefined, 'resources.requests.memory');
      expect(resources.limits?.['memory'] !== undefined, 'resources.limits.memory');
      expect(
        secondsToStart(startupProbe) >= SECONDS_TO_START,
        `a startupProbe of ${SECONDS_TO_START} s at least, got ${secondsToStart(startupProbe)} s`,
      );
      expect(livenessProbe !== undefined, 'a livenessProbe');
      expect(readinessProbe !== undefined, 'a readinessProbe');
      for (const probe of [startupProbe, livenessProbe, readinessProbe])
        if (probe?.exec !== undefined)
          expect((probe.timeoutSeconds ?? 1) > 1, 'more than a second for a probe that forks');
      if (appOf(container) === undefined) {
        for (const { name, value } of container.env ?? [])
          expect(value === undefined || !SECRET.test(name), `${name} from a Secret`);
        continue;
      }
      expect(
        asks(startupProbe?.httpGet, '/health/live'),
        'startupProbe: GET /health/live of admin',
      );
      expect(
        asks(livenessProbe?.httpGet, '/health/live'),
        'livenessProbe: GET /health/live of admin',
      );
      expect(
        asks(readinessProbe?.httpGet, '/health/ready'),
        'readinessProbe: GET /health/ready of admin',
      );
    }
    if (!containers.some(appOf)) continue;
    if (!all(objects, 'Service').some((service) => serves(service, labels)))
      problems.push(`${title}: no Service selects its pods`);
    const budgets = all(objects, 'PodDisruptionBudget').filter(({ spec }) =>
      selects(spec?.selector ?? {}, labels),
    );
    // A pod of two budgets is never evicted.
    if (budgets.length !== 1)
      problems.push(`${title}: expected one PodDisruptionBudget, got ${budgets.length}`);
    if (template.spec?.serviceAccountName === undefined)
      problems.push(`${title}: expected a serviceAccountName`);
  }
  for (const service of all(objects, 'Service')) {
    const open = (service.spec?.ports ?? []).map(({ name }) => name);
    if (open.includes('http') && open.includes('admin'))
      problems.push(`${titleOf(service)}: the admin port is never public`);
  }
  return problems;
}

/** How long a container may take until it is ended; that of Kubernetes where nothing is said. */
function secondsToStart(probe: Probe | undefined): number {
  if (probe === undefined) return 0;
  return (probe.periodSeconds ?? 10) * (probe.failureThreshold ?? 3);
}

function asks(
  get: { readonly path?: string; readonly port: string | number } | undefined,
  path: string,
): boolean {
  return get?.path === path && get.port === 'admin';
}
