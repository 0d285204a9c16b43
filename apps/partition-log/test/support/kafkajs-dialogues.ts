import { buildRecordBatch, type ApiName, type ResponseOf } from '@tally/kafka-wire';

/** What kafkajs asks and we read, what we answer and kafkajs understands, in all versions that both speak. */
export interface Dialogue<N extends ApiName> {
  readonly versions: readonly [first: number, last: number];
  readonly asks: (version: number) => unknown;
  readonly read: (version: number) => object;
  readonly answer: ResponseOf<N>;
  readonly understood: object;
}

const partitionsOf = (partition: object) => [{ name: 't', partitions: [partition] }];
const PART = { partition: 3, errorCode: 0 };

export const DIALOGUES: { readonly [N in ApiName]?: Dialogue<N> } = {
  produce: {
    versions: [3, 7],
    asks: () => ({
      acks: -1,
      timeout: 1000,
      transactionalId: null,
      producerId: 7,
      producerEpoch: 1,
      compression: 0,
      topicData: [
        {
          topic: 't',
          partitions: [
            { partition: 3, firstSequence: 5, messages: [{ value: 'v' }, { value: 'w' }] },
          ],
        },
      ],
    }),
    read: () => ({ acks: -1, timeoutMs: 1000, topics: partitionsOf({ partition: 3 }) }),
    answer: {
      topics: partitionsOf({
        ...PART,
        baseOffset: 9n,
        logAppendTimeMs: 8n,
        logStartOffset: 2n,
        errorMessage: null,
      }) as ResponseOf<'produce'>['topics'],
    },
    understood: {
      topics: [{ topicName: 't', partitions: [{ ...PART, baseOffset: '9', logAppendTime: '8' }] }],
    },
  },
  fetch: {
    versions: [4, 11],
    asks: () => ({
      replicaId: -1,
      maxWaitTime: 100,
      minBytes: 1,
      maxBytes: 1000,
      topics: [{ topic: 't', partitions: [{ partition: 3, fetchOffset: 5, maxBytes: 10 }] }],
    }),
    read: () => ({
      maxWaitMs: 100,
      minBytes: 1,
      maxBytes: 1000,
      sessionId: 0,
      topics: partitionsOf({ partition: 3, currentLeaderEpoch: -1, fetchOffset: 5n, maxBytes: 10 }),
    }),
    answer: {
      errorCode: 0,
      topics: partitionsOf({
        ...PART,
        highWatermark: 9n,
        lastStableOffset: 9n,
        logStartOffset: 2n,
        records: [buildRecordBatch([{ key: null, value: Buffer.from('v') }], 1000)],
      }) as ResponseOf<'fetch'>['topics'],
    },
    understood: {
      responses: [
        {
          topicName: 't',
          partitions: [
            { ...PART, highWatermark: '9', messages: [{ offset: '0', value: Buffer.from('v') }] },
          ],
        },
      ],
    },
  },
  listOffsets: {
    versions: [1, 3],
    asks: () => ({
      replicaId: -1,
      isolationLevel: 1,
      topics: [{ topic: 't', partitions: [{ partition: 3, timestamp: -1 }] }],
    }),
    read: () => ({
      topics: partitionsOf({ partition: 3, currentLeaderEpoch: -1, timestamp: -1n }),
    }),
    answer: {
      topics: partitionsOf({
        ...PART,
        timestamp: 8n,
        offset: 9n,
        leaderEpoch: 0,
      }) as ResponseOf<'listOffsets'>['topics'],
    },
    understood: {
      responses: [{ topic: 't', partitions: [{ ...PART, timestamp: '8', offset: '9' }] }],
    },
  },
  metadata: {
    versions: [0, 6],
    asks: () => ({ topics: ['t', 'u'] }),
    read: () => ({ topics: ['t', 'u'] }),
    answer: {
      brokers: [{ nodeId: 1, host: 'h', port: 9092 }],
      clusterId: 'c',
      controllerId: 1,
      topics: [
        {
          errorCode: 0,
          name: 't',
          isInternal: false,
          partitions: [{ ...PART, leaderId: 1, leaderEpoch: 0, replicas: [1], isr: [1] }],
        },
      ],
    },
    understood: {
      brokers: [{ nodeId: 1, host: 'h', port: 9092 }],
      topicMetadata: [
        {
          topic: 't',
          partitionMetadata: [{ partitionId: 3, leader: 1, replicas: [1], isr: [1] }],
        },
      ],
    },
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
    read: () => ({}),
    answer: { errorCode: 0, groups: [{ groupId: 'g', protocolType: 'consumer' }] },
    understood: { errorCode: 0, groups: [{ groupId: 'g', protocolType: 'consumer' }] },
  },
  createTopics: {
    versions: [0, 3],
    asks: () => ({
      topics: [
        {
          topic: 't',
          numPartitions: 3,
          replicationFactor: 1,
          configEntries: [{ name: 'k', value: 'v' }],
        },
      ],
      validateOnly: true,
      timeout: 1000,
    }),
    read: (version) => ({
      topics: [
        {
          name: 't',
          partitions: 3,
          replicationFactor: 1,
          assignments: [],
          configs: [{ name: 'k', value: 'v' }],
        },
      ],
      validateOnly: version >= 1,
    }),
    answer: { topics: [{ name: 't', errorCode: 36, errorMessage: 'there' }] },
    understood: { topicErrors: [{ topic: 't', errorCode: 36 }] },
  },
  deleteTopics: {
    versions: [0, 1],
    asks: () => ({ topics: ['t'], timeout: 1000 }),
    read: () => ({ topics: ['t'] }),
    answer: { topics: [{ name: 't', errorCode: 3 }] },
    understood: { topicErrors: [{ topic: 't', errorCode: 3 }] },
  },
  deleteRecords: {
    versions: [0, 1],
    asks: () => ({
      topics: [{ topic: 't', partitions: [{ partition: 3, offset: '9' }] }],
      timeout: 1000,
    }),
    read: () => ({ topics: partitionsOf({ partition: 3, before: 9n }) }),
    answer: {
      topics: partitionsOf({ ...PART, lowWatermark: 9n }) as ResponseOf<'deleteRecords'>['topics'],
    },
    understood: { topics: [{ topic: 't', partitions: [{ ...PART, lowWatermark: 9n }] }] },
  },
  describeConfigs: {
    versions: [0, 2],
    asks: () => ({
      resources: [{ type: 2, name: 't', configNames: ['k'] }],
      includeSynonyms: false,
    }),
    read: () => ({ resources: [{ type: 2, name: 't', names: ['k'] }] }),
    answer: {
      resources: [
        {
          type: 2,
          name: 't',
          errorCode: 0,
          errorMessage: null,
          configs: [{ name: 'k', value: 'v', readOnly: true, source: 5 }],
        },
      ],
    },
    understood: {
      resources: [
        {
          errorCode: 0,
          resourceType: 2,
          resourceName: 't',
          configEntries: [
            { configName: 'k', configValue: 'v', readOnly: true, isSensitive: false },
          ],
        },
      ],
    },
  },
  alterConfigs: {
    versions: [0, 1],
    asks: () => ({
      resources: [{ type: 2, name: 't', configEntries: [{ name: 'k', value: 'v' }] }],
      validateOnly: true,
    }),
    read: () => ({
      resources: [{ type: 2, name: 't', configs: [{ name: 'k', value: 'v' }] }],
      validateOnly: true,
    }),
    answer: { resources: [{ type: 2, name: 't', errorCode: 40, errorMessage: 'm' }] },
    understood: {
      resources: [{ errorCode: 40, errorMessage: 'm', resourceType: 2, resourceName: 't' }],
    },
  },
  deleteGroups: {
    versions: [0, 1],
    asks: () => ['g'],
    read: () => ({ groups: ['g'] }),
    answer: { groups: [{ groupId: 'g', errorCode: 0 }] },
    understood: { results: [{ groupId: 'g', errorCode: 0 }] },
  },
  apiVersions: {
    versions: [0, 2],
    asks: () => ({}),
    read: () => ({ softwareName: '' }),
    answer: { errorCode: 0, apis: [{ key: 3, min: 0, max: 8 }] },
    understood: { errorCode: 0, apiVersions: [{ apiKey: 3, minVersion: 0, maxVersion: 8 }] },
  },
};
