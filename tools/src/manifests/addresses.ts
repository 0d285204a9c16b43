import { leavingArrows } from './arrows.js';
import { environmentOf } from './environment.js';
import { appOf, find, workloads, type Objects } from './objects.js';
import { serves } from './selectors.js';

/** `host:port` in a list, or in a URL after its user and password. */
const ADDRESS = /(?<=^|,|\/\/|@)([a-z0-9-]+):(\d+)(?=$|[,/])/g;

/**
 * Addresses in the environment of our services that lead nowhere: there is no such Service, it has
 * not that port, or the network does not let them through. A host with a dot is outside of the manifests.
 */
export function checkAddresses(objects: Objects): readonly string[] {
  const pods = workloads(objects);
  const arrows = leavingArrows(objects);
  const problems: string[] = [];
  for (const { title, containers } of pods) {
    for (const container of containers.filter(appOf)) {
      const { values, expanded } = environmentOf(objects, container);
      for (const [variable, value = ''] of values) {
        // Counted where they are used.
        if (expanded.has(variable)) continue;
        for (const [address, host, number] of value.matchAll(ADDRESS)) {
          const service = find(objects, 'Service', host);
          const port = service?.spec?.ports?.find((one) => one.port === Number(number));
          if (service === undefined || port === undefined) {
            problems.push(`${title}: ${variable}: no Service has the address ${address}`);
            continue;
          }
          for (const target of pods.filter(({ labels }) => serves(service, labels))) {
            const arrow = `${title} → ${target.title} ${port.targetPort ?? port.port}`;
            if (!arrows.has(arrow))
              problems.push(`${title}: ${variable}: no NetworkPolicy allows ${arrow}`);
          }
        }
      }
    }
  }
  return problems;
}
