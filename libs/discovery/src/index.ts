export type { Logger } from './logger.js';
export type { Unsubscribe } from './listeners.js';

export type { SessionState, ZooKeeperSessionOptions } from './session/session-connection.js';
export type {
  CreateOptions,
  CreateResult,
  DeleteResult,
  NodeValue,
  SetResult,
} from './session/node-results.js';
export { ZooKeeperSession } from './session/zookeeper-session.js';

export type { ServiceInstance } from './registry/service-instance.js';
export { InstanceRegistry, type InstanceRegistryOptions } from './registry/instance-registry.js';
export type { InstanceSource, InstanceWatch } from './registry/instance-watch.js';
export type { Registration } from './registry/registration.js';

export { ConfigNode, type ConfigNodeOptions, type ConfigValue } from './config-node/config-node.js';

export { VersionLog, type VersionLogOptions } from './version-log/version-log.js';

export { LeaderElection, type LeaderElectionOptions } from './election/leader-election.js';

export { Balancer, type BalancerOptions, type Lease } from './balancer/balancer.js';
export type { EjectionOptions, Outcome } from './balancer/instance-health.js';

export {
  ServiceClient,
  type CallOptions,
  type ServiceClientOptions,
  type ServingStatus,
} from './rpc/service-client.js';

export { DiscoveryModule, type DiscoveryModuleOptions } from './nest/discovery.module.js';
export { Peers, type Peer } from './nest/peers.js';
