import { InstanceRegistry } from '@tally/discovery';
import { eventually } from '@tally/testing';
import { ZooKeeperSession } from '@tally/zookeeper';
import type { Endpoint } from './attack.js';

const SERVICES = ['partitioner', 'cluster-proxy', 'shard-proxy', 'query'];
const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** Where the services with gRPC listen, by name of the instance, as they find each other. */
export async function grpcPorts(zookeeper: string): Promise<Record<string, Endpoint>> {
  const session = new ZooKeeperSession({ connect: zookeeper, logger }).start();
  const registry = new InstanceRegistry(session);
  const watches = SERVICES.map((service) => registry.watchInstances(service));
  try {
    await eventually('one of each service with gRPC is found', () =>
      watches.every(({ instances }) => instances.length > 0),
    );
    return Object.fromEntries(
      watches.flatMap(({ instances }) =>
        instances.flatMap(({ id, host, grpcPort }) =>
          grpcPort === undefined ? [] : [[id, { host, port: grpcPort }]],
        ),
      ),
    );
  } finally {
    for (const watch of watches) watch.close();
    await session.close();
  }
}
