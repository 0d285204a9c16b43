import { KAFKA_ERRORS } from '@tally/kafka-wire';
import type { Handlers } from '../server/request-router.js';

const errorCode = KAFKA_ERRORS.COORDINATOR_NOT_AVAILABLE;
const refusedPartitions = ({
  name,
  partitions,
}: {
  name: string;
  partitions: readonly number[];
}) => ({
  name,
  partitions: partitions.map((partition) => ({ partition, errorCode })),
});

/**
 * While the topic of the groups is closed, every question about them is refused with an error that clients
 * try again: an answer would be that a group has no offsets, and its members would begin anew.
 */
export const UNAVAILABLE_GROUPS = {
  findCoordinator: () => ({
    errorCode,
    errorMessage: 'the topic of the groups is closed: see the log of the server',
    nodeId: -1,
    host: '',
    port: -1,
  }),
  joinGroup: ({ memberId }) => ({
    errorCode,
    generationId: -1,
    protocolName: '',
    leader: '',
    memberId,
    members: [],
  }),
  syncGroup: () => ({ errorCode, assignment: Buffer.alloc(0) }),
  heartbeat: () => ({ errorCode }),
  leaveGroup: () => ({ errorCode, members: [] }),
  offsetCommit: ({ topics }) => ({
    topics: topics.map(({ name, partitions }) =>
      refusedPartitions({ name, partitions: partitions.map(({ partition }) => partition) }),
    ),
  }),
  offsetFetch: ({ topics }) => ({
    errorCode,
    topics: (topics ?? []).map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((partition) => ({
        partition,
        offset: -1n,
        leaderEpoch: -1,
        metadata: '',
        errorCode,
      })),
    })),
  }),
  offsetDelete: () => ({ errorCode, topics: [] }),
  describeGroups: ({ groups }) => ({
    groups: [...new Set(groups)].map((groupId) => ({
      errorCode,
      groupId,
      state: '',
      protocolType: '',
      protocolName: '',
      members: [],
    })),
  }),
  listGroups: () => ({ errorCode, groups: [] }),
  deleteGroups: ({ groups }) => ({ groups: groups.map((groupId) => ({ groupId, errorCode })) }),
} satisfies Partial<Handlers>;
