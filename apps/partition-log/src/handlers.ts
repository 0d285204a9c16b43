import type { DiskWatermarks, SegmentLog } from '@tally/segment-log';
import type { Broker } from './cluster/broker.js';
import { electLeadersHandler } from './cluster/elect-leaders.js';
import { describeLogDirsHandler } from './cluster/log-dirs.js';
import { findCoordinatorHandler, metadataHandler } from './cluster/cluster-handlers.js';
import {
  alterPartitionReassignmentsHandler,
  listPartitionReassignmentsHandler,
} from './cluster/reassignments.js';
import type { GroupCoordinator } from './groups/group-coordinator.js';
import {
  deleteGroupsHandler,
  describeGroupsHandler,
  listGroupsHandler,
} from './groups/group-handlers.js';
import { UNAVAILABLE_GROUPS } from './groups/unavailable-groups.js';
import {
  heartbeatHandler,
  joinGroupHandler,
  leaveGroupHandler,
  syncGroupHandler,
} from './groups/membership-handlers.js';
import { offsetDeleteHandler } from './groups/offset-delete.js';
import { offsetCommitHandler, offsetFetchHandler } from './groups/offset-handlers.js';
import { deleteRecordsHandler } from './records/delete-records.js';
import { offsetForLeaderEpochHandler } from './records/epoch-ends.js';
import { fetchHandler, type CountFetch } from './records/fetch.js';
import { initProducerIdHandler } from './records/init-producer-id.js';
import { listOffsetsHandler } from './records/list-offsets.js';
import { produceHandler, type CountAppend } from './records/produce.js';
import type { AclFile } from './security/acl/acl-file.js';
import {
  createAclsHandler,
  deleteAclsHandler,
  describeAclsHandler,
} from './security/acl/acl-handlers.js';
import { saslAuthenticateHandler, saslHandshakeHandler } from './security/sasl-handlers.js';
import type { Handlers } from './server/request-router.js';
import {
  alterConfigsHandler,
  describeConfigsHandler,
  incrementalAlterConfigsHandler,
} from './topics/config-handlers.js';
import { createPartitionsHandler } from './topics/create-partitions.js';
import { createTopicsHandler } from './topics/create-topics.js';
import { deleteTopicsHandler } from './topics/delete-topics.js';
import type { NodeSettings } from './topics/settings/broker-settings.js';
import type { TopicLimits } from './topics/topic-limits.js';

export interface HandlerParts {
  readonly log: SegmentLog;
  readonly space: DiskWatermarks;
  readonly groups: GroupCoordinator;
  readonly broker: Broker;
  readonly limits: TopicLimits;
  /** Clients have to authenticate. */
  readonly hasSasl: boolean;
  /** undefined: who may ask may do everything. */
  readonly acl: AclFile | undefined;
  /** What is told of the settings of this node. */
  readonly node: NodeSettings;
  /** The clock of the log, ms since 1970. */
  readonly now: () => number;
  readonly countAppend: CountAppend;
  readonly countFetch: CountFetch;
}

/** What answers each API; clients are told of exactly these. */
export function createHandlers(parts: HandlerParts): Handlers {
  const { log, space, groups, broker, limits, acl, node, now, countAppend, countFetch } = parts;
  const { nodeId } = broker;
  return {
    produce: produceHandler(log, space, now, countAppend),
    fetch: fetchHandler(log, node.maxFetchBytes, countFetch),
    listOffsets: listOffsetsHandler(log),
    offsetForLeaderEpoch: offsetForLeaderEpochHandler(log),
    initProducerId: initProducerIdHandler(log),
    deleteRecords: deleteRecordsHandler(log),
    metadata: metadataHandler(log, broker),
    findCoordinator: findCoordinatorHandler(broker),
    createTopics: createTopicsHandler(log, nodeId, limits),
    createPartitions: createPartitionsHandler(log, nodeId, limits),
    deleteTopics: deleteTopicsHandler(log, (topic) => groups.offsets.deleteTopic(topic)),
    describeConfigs: describeConfigsHandler(log, node),
    alterConfigs: alterConfigsHandler(log, node),
    incrementalAlterConfigs: incrementalAlterConfigsHandler(log, node),
    describeAcls: describeAclsHandler(acl),
    createAcls: createAclsHandler(acl),
    deleteAcls: deleteAclsHandler(acl),
    joinGroup: joinGroupHandler(groups),
    syncGroup: syncGroupHandler(groups),
    heartbeat: heartbeatHandler(groups),
    leaveGroup: leaveGroupHandler(groups),
    offsetCommit: offsetCommitHandler(log, groups),
    offsetFetch: offsetFetchHandler(groups),
    describeGroups: describeGroupsHandler(groups),
    listGroups: listGroupsHandler(groups),
    deleteGroups: deleteGroupsHandler(groups),
    offsetDelete: offsetDeleteHandler(groups),
    describeLogDirs: describeLogDirsHandler(log, node.logDir),
    electLeaders: electLeadersHandler(log),
    alterPartitionReassignments: alterPartitionReassignmentsHandler(log, nodeId),
    listPartitionReassignments: listPartitionReassignmentsHandler,
    ...(groups.isUnavailable ? UNAVAILABLE_GROUPS : {}),
    ...(parts.hasSasl
      ? { saslHandshake: saslHandshakeHandler, saslAuthenticate: saslAuthenticateHandler }
      : {}),
  };
}
