export { givenServers, type Addresses, type GivenServers } from './addresses.js';
export { assertKeptShards } from './kept-shards.js';
export { LogNode, type LogNodeOptions } from './log-node.js';
export { ROOT } from './root.js';
export { Secrets } from './secrets/secrets.js';
export { StartedProcesses } from './started-processes.js';
export { Stack, type StackOptions } from './stack.js';
export { APPS, type AppName, type Instances } from './topology.js';
