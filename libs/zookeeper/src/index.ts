export type { Logger } from './logger.js';
export { Listeners, type Unsubscribe } from './listeners.js';

export { assertNodeName } from './session/paths.js';
export type {
  CreateOptions,
  CreateResult,
  DeleteResult,
  NodeValue,
  SetResult,
} from './session/node-results.js';
export type { SessionState } from './session/session-belief.js';
export { readZooKeeperAuth, type ZooKeeperAuth } from './session/zookeeper-auth.js';
export { ZooKeeperSession, type ZooKeeperSessionOptions } from './session/zookeeper-session.js';

export { ConfigNode, type ConfigNodeOptions, type ConfigValue } from './config-node/config-node.js';
export { VersionLog, type VersionLogOptions } from './version-log/version-log.js';
export { LeaderElection, type LeaderElectionOptions } from './election/leader-election.js';
