import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { leavingArrows } from './arrows.js';
import { appOf, workloads, type Objects, type Workload } from './objects.js';

/** The apps that each app calls, by its name. */
export type CallsOfApps = ReadonlyMap<string, readonly string[]>;

const DISCOVERY = /DiscoveryModule\.with\(\{(.*?)\}\)/s;
const LISTS = /\b(?:needs|uses): \[([^\]]*)\]/g;

/** What each app says that it needs and uses: in the source, as nothing else has it without starting the app. */
export function readCalls(root: string, apps: readonly string[]): CallsOfApps {
  return new Map(
    apps.map((app) => {
      const file = join('apps', app, 'src/app.module.ts');
      const options = DISCOVERY.exec(readFileSync(join(root, file), 'utf8'))?.[1];
      if (options === undefined)
        throw new Error(`${file}: expected DiscoveryModule.with({ … }), which tells whom it calls`);
      const lists = [...options.matchAll(LISTS)].map(([, list = '']) => list).join();
      return [app, [...lists.matchAll(/'([^']+)'/g)].map(([, name = '']) => name)];
    }),
  );
}

/** Callers that a gRPC server takes with certificates, and that its apps do not say, or the other way round. */
export function checkCallers(
  callers: Readonly<Record<string, readonly string[]>>,
  calls: CallsOfApps,
): readonly string[] {
  const said = [...calls].flatMap(([app, callees]) =>
    callees.map((callee) => `${app} → ${callee}`),
  );
  const taken = Object.entries(callers).flatMap(([callee, apps]) =>
    apps.map((app) => `${app} → ${callee}`),
  );
  return [
    ...said
      .filter((one) => !taken.includes(one))
      .map((one) => `GRPC_CALLERS: ${one} is missing, which its app.module.ts needs or uses`),
    ...taken
      .filter((one) => !said.includes(one))
      .map(
        (one) => `GRPC_CALLERS: ${one} is allowed, and its app.module.ts neither needs nor uses it`,
      ),
  ];
}

/** Calls of our services that the network does not let through, and those it lets through that nobody makes. */
export function checkCalls(objects: Objects, calls: CallsOfApps): readonly string[] {
  const pods = workloads(objects);
  const running = (app: string) =>
    pods.filter(({ containers }) => containers.some((one) => appOf(one) === app));
  const arrow = (from: Workload, to: Workload) => `${from.title} → ${to.title} grpc`;
  const wanted = new Set(
    [...calls].flatMap(([app, callees]) =>
      running(app).flatMap((from) => callees.flatMap(running).map((to) => arrow(from, to))),
    ),
  );
  const allowed = new Set([...leavingArrows(objects)].filter((one) => one.endsWith(' grpc')));
  return [
    ...[...wanted]
      .filter((one) => !allowed.has(one))
      .map((one) => `no NetworkPolicy allows ${one}, which its app.module.ts needs or uses`),
    ...[...allowed]
      .filter((one) => !wanted.has(one))
      .map(
        (one) =>
          `NetworkPolicy: ${one} is allowed, and its app.module.ts neither needs nor uses it`,
      ),
  ];
}
