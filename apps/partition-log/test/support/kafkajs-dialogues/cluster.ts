import { PART, type Dialogues } from './dialogue.js';

/** Of versions, brokers, topics and their settings. */
export const CLUSTER_DIALOGUES: Dialogues = {
  apiVersions: {
    versions: [0, 2],
    asks: () => ({}),
    read: () => ({ softwareName: '' }),
    answer: { errorCode: 0, apis: [{ key: 3, min: 0, max: 8 }] },
    understood: { errorCode: 0, apiVersions: [{ apiKey: 3, minVersion: 0, maxVersion: 8 }] },
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
  describeConfigs: {
    versions: [0, 2],
    asks: () => ({
      resources: [{ type: 2, name: 't', configNames: ['k'] }],
      includeSynonyms: false,
    }),
    read: () => ({
      resources: [{ type: 2, name: 't', names: ['k'] }],
      withSynonyms: false,
      withDocumentation: false,
    }),
    answer: {
      resources: [
        {
          type: 2,
          name: 't',
          errorCode: 0,
          errorMessage: null,
          configs: [
            {
              name: 'k',
              value: 'v',
              readOnly: true,
              source: 5,
              synonyms: [{ name: 'log.k', value: 'v', source: 5 }],
              type: 2,
              documentation: null,
            },
          ],
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
};
