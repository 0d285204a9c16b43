export { fingerprintOf } from './fingerprint.js';
export { Fingerprints } from './fingerprints.js';
export { partitionOf } from './partition.js';
export { partitionBlocks, type CheckedBody, type PartitionBlock } from './partition-blocks.js';
export {
  seriesId,
  slotOf,
  SLOTS,
  valueText,
  type Dimensions,
  type DimensionValue,
} from './series.js';
export { SHARD_MAP_NODE, ShardMap, type ShardMapDocument, type SlotRange } from './shard-map.js';
export { TOPICS_NODE, parseEventsTopic, type EventsTopic } from './events-topic.js';
export {
  decideInstallation,
  type InstallationClaims,
  type InstallationDecision,
  type LogClaim,
  type ShardClaim,
  type ZooKeeperClaim,
} from './installation/decide-installation.js';
export {
  firstTopicOf,
  INSTALLATION_NODE,
  newInstallation,
  newInstallationId,
  parseInstallation,
  type Installation,
} from './installation/installation.js';
