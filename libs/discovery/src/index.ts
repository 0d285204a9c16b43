export {
  INSTALLATION_PROVIDER,
  watchOverInstallation,
} from './installation/installation-provider.js';
export { InstallationWatch } from './installation/installation-watch.js';
export { readZooKeeperClaim, type ZooKeeperReading } from './installation/read-zookeeper-claim.js';
export { DiscoveryModule, type DiscoveryModuleOptions } from './nest/discovery.module.js';
export { Peers, type Peer } from './nest/peers.js';
export { InstanceRegistry, type InstanceRegistryOptions } from './registry/instance-registry.js';
export type { InstanceSource, InstanceWatch } from './registry/instance-watch.js';
export type { Registration } from './registry/registration.js';
export type { ServiceInstance } from './registry/service-instance.js';
export { callerGone, type CallerCall } from './rpc/caller-gone.js';
export { MessageTooLarge } from './rpc/grpc-failure.js';
export { timeLeftMs } from './rpc/time-left.js';
export {
  ServiceClient,
  type CallOptions,
  type ServiceClientOptions,
  type ServingStatus,
} from './rpc/service-client.js';
