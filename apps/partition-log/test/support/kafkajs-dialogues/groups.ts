import type { ResponseOf } from '@tally/kafka-wire';
import { PART, partitionsOf, type Dialogues } from './dialogue.js';

/** Of groups and how far they have come. */
export const GROUP_DIALOGUES: Dialogues = {
  findCoordinator: {
    versions: [0, 2],
    asks: (version) =>
      version === 0 ? { groupId: 'g' } : { coordinatorKey: 'g', coordinatorType: 0 },
    read: () => ({ key: 'g', keyType: 0 }),
    answer: { errorCode: 0, errorMessage: null, nodeId: 1, host: 'h', port: 9092 },
    understood: { errorCode: 0, coordinator: { nodeId: 1, host: 'h', port: 9092 } },
  },
  joinGroup: {
    versions: [0, 5],
    asks: () => ({
      groupId: 'g',
      sessionTimeout: 6000,
      rebalanceTimeout: 7000,
      memberId: 'm',
      groupInstanceId: 'i',
      protocolType: 'consumer',
      groupProtocols: [{ name: 'range', metadata: Buffer.from('says') }],
    }),
    read: (version) => ({
      groupId: 'g',
      sessionTimeoutMs: 6000,
      rebalanceTimeoutMs: version >= 1 ? 7000 : 6000,
      memberId: 'm',
      groupInstanceId: version >= 5 ? 'i' : null,
      protocols: [{ name: 'range', metadata: Buffer.from('says') }],
    }),
    answer: {
      errorCode: 0,
      generationId: 4,
      protocolName: 'range',
      leader: 'm',
      memberId: 'm',
      members: [{ memberId: 'm', groupInstanceId: 'i', metadata: Buffer.from('says') }],
    },
    understood: {
      errorCode: 0,
      generationId: 4,
      groupProtocol: 'range',
      leaderId: 'm',
      memberId: 'm',
      members: [{ memberId: 'm', memberMetadata: Buffer.from('says') }],
    },
  },
  syncGroup: {
    versions: [0, 3],
    asks: () => ({
      groupId: 'g',
      generationId: 4,
      memberId: 'm',
      groupInstanceId: 'i',
      groupAssignment: [{ memberId: 'm', memberAssignment: Buffer.from('gets') }],
    }),
    read: (version) => ({
      groupId: 'g',
      generationId: 4,
      memberId: 'm',
      groupInstanceId: version >= 3 ? 'i' : null,
      assignments: [{ memberId: 'm', assignment: Buffer.from('gets') }],
    }),
    answer: { errorCode: 0, assignment: Buffer.from('gets') },
    understood: { errorCode: 0, memberAssignment: Buffer.from('gets') },
  },
  heartbeat: {
    versions: [0, 3],
    asks: () => ({ groupId: 'g', groupGenerationId: 4, memberId: 'm', groupInstanceId: 'i' }),
    read: (version) => ({
      groupId: 'g',
      generationId: 4,
      memberId: 'm',
      groupInstanceId: version >= 3 ? 'i' : null,
    }),
    answer: { errorCode: 27 },
    understood: { errorCode: 27 },
  },
  leaveGroup: {
    versions: [0, 3],
    asks: (version) =>
      version >= 3
        ? { groupId: 'g', members: [{ memberId: 'm', groupInstanceId: 'i' }] }
        : { groupId: 'g', memberId: 'm' },
    read: (version) => ({
      groupId: 'g',
      members: [{ memberId: 'm', groupInstanceId: version >= 3 ? 'i' : null }],
    }),
    answer: { errorCode: 0, members: [{ memberId: 'm', groupInstanceId: 'i', errorCode: 0 }] },
    understood: { errorCode: 0 },
  },
  describeGroups: {
    versions: [0, 2],
    asks: () => ({ groupIds: ['g'] }),
    read: () => ({ groups: ['g'] }),
    answer: {
      groups: [
        {
          errorCode: 0,
          groupId: 'g',
          state: 'Stable',
          protocolType: 'consumer',
          protocolName: 'range',
          members: [
            {
              memberId: 'm',
              groupInstanceId: null,
              clientId: 'c',
              clientHost: 'h',
              metadata: Buffer.from('says'),
              assignment: Buffer.from('gets'),
            },
          ],
        },
      ],
    },
    understood: {
      groups: [
        {
          errorCode: 0,
          groupId: 'g',
          state: 'Stable',
          protocolType: 'consumer',
          protocol: 'range',
          members: [
            {
              memberId: 'm',
              clientId: 'c',
              clientHost: 'h',
              memberMetadata: Buffer.from('says'),
              memberAssignment: Buffer.from('gets'),
            },
          ],
        },
      ],
    },
  },
  listGroups: {
    versions: [0, 2],
    asks: () => ({}),
    read: () => ({ states: [] }),
    answer: {
      errorCode: 0,
      groups: [{ groupId: 'g', protocolType: 'consumer', state: 'Stable' }],
    },
    understood: { errorCode: 0, groups: [{ groupId: 'g', protocolType: 'consumer' }] },
  },
  deleteGroups: {
    versions: [0, 1],
    asks: () => ['g'],
    read: () => ({ groups: ['g'] }),
    answer: { groups: [{ groupId: 'g', errorCode: 0 }] },
    understood: { results: [{ groupId: 'g', errorCode: 0 }] },
  },
  offsetCommit: {
    versions: [2, 5],
    asks: () => ({
      groupId: 'g',
      groupGenerationId: 4,
      memberId: 'm',
      retentionTime: -1,
      topics: [{ topic: 't', partitions: [{ partition: 3, offset: '9', metadata: 'note' }] }],
    }),
    read: () => ({
      groupId: 'g',
      generationId: 4,
      memberId: 'm',
      topics: partitionsOf({ partition: 3, offset: 9n, leaderEpoch: -1, metadata: 'note' }),
    }),
    answer: { topics: partitionsOf(PART) as ResponseOf<'offsetCommit'>['topics'] },
    understood: { responses: [{ topic: 't', partitions: [PART] }] },
  },
  offsetFetch: {
    versions: [1, 4],
    asks: () => ({ groupId: 'g', topics: [{ topic: 't', partitions: [{ partition: 3 }] }] }),
    read: () => ({ groupId: 'g', topics: [{ name: 't', partitions: [3] }] }),
    answer: {
      errorCode: 0,
      topics: partitionsOf({
        ...PART,
        offset: 9n,
        leaderEpoch: 0,
        metadata: 'note',
      }) as ResponseOf<'offsetFetch'>['topics'],
    },
    understood: {
      responses: [{ topic: 't', partitions: [{ ...PART, offset: '9', metadata: 'note' }] }],
    },
  },
};
