import { describe, it } from '@jest/globals';
import { bothSides } from '../../test/support/both-sides.js';
import { apiVersions } from './api-versions.js';
import { createTopics } from './create-topics.js';
import { describeGroups } from './describe-groups.js';
import { fetch } from './fetch.js';
import { findCoordinator } from './find-coordinator.js';
import { incrementalAlterConfigs } from './incremental-alter-configs.js';
import { initProducerId } from './init-producer-id.js';
import { joinGroup } from './join-group.js';
import { listGroups } from './list-groups.js';
import { listOffsets } from './list-offsets.js';
import { metadata } from './metadata.js';
import { offsetCommit } from './offset-commit.js';
import { offsetDelete } from './offset-delete.js';
import { offsetForLeaderEpoch } from './offset-for-leader-epoch.js';
import { produce } from './produce.js';
import { saslAuthenticate } from './sasl-authenticate.js';
import { saslHandshake } from './sasl-handshake.js';

const byTopic = <Partition>(partition: Partition) => [{ name: 't', partitions: [partition] }];
const bytes = (text: string) => Buffer.from(text);
const topic = { type: 2, name: 't' };
const NO_TOPICS = { brokers: [], clusterId: 'c', controllerId: 1, topics: [] };

describe('a client and the server mean the same', () => {
  it(
    'by Produce',
    bothSides(
      produce,
      {
        transactionalId: null,
        acks: -1,
        timeoutMs: 1000,
        topics: byTopic({ partition: 3, records: bytes('batch') }),
      },
      {
        topics: byTopic({
          partition: 3,
          errorCode: 2,
          baseOffset: 9n,
          logAppendTimeMs: 8n,
          logStartOffset: 1n,
          errorMessage: 'no',
        }),
      },
    ),
  );

  it(
    'by Fetch',
    bothSides(
      fetch,
      {
        maxWaitMs: 100,
        minBytes: 1,
        maxBytes: 1000,
        sessionId: 5,
        sessionEpoch: 6,
        topics: byTopic({ partition: 3, currentLeaderEpoch: 1, fetchOffset: 9n, maxBytes: 10 }),
      },
      {
        errorCode: 0,
        topics: byTopic({
          partition: 3,
          errorCode: 1,
          highWatermark: 9n,
          lastStableOffset: 9n,
          logStartOffset: 2n,
          records: [bytes('batches')],
        }),
      },
    ),
  );

  it(
    'by Metadata',
    bothSides(
      metadata,
      { topics: ['t', 'u'] },
      {
        brokers: [{ nodeId: 1, host: 'h', port: 9092 }],
        clusterId: 'c',
        controllerId: 1,
        topics: [
          {
            errorCode: 0,
            name: 't',
            isInternal: true,
            partitions: [
              { errorCode: 0, partition: 3, leaderId: 1, leaderEpoch: 2, replicas: [1], isr: [1] },
            ],
          },
        ],
      },
    ),
  );

  it('by Metadata of all topics', bothSides(metadata, { topics: null }, NO_TOPICS));

  it(
    'by ApiVersions',
    bothSides(
      apiVersions,
      { softwareName: 'me', softwareVersion: '1' },
      { errorCode: 0, apis: [{ key: 3, min: 0, max: 8 }] },
    ),
  );

  it(
    'by CreateTopics',
    bothSides(
      createTopics,
      {
        topics: [
          {
            name: 't',
            partitions: 3,
            replicationFactor: 1,
            assignments: [{ partition: 0, brokers: [1, 2] }],
            configs: [{ name: 'k', value: null }],
          },
        ],
        validateOnly: true,
      },
      { topics: [{ name: 't', errorCode: 36, errorMessage: 'there' }] },
    ),
  );

  it(
    'by IncrementalAlterConfigs',
    bothSides(
      incrementalAlterConfigs,
      {
        resources: [{ ...topic, configs: [{ name: 'k', operation: 1, value: null }] }],
        validateOnly: true,
      },
      { resources: [{ ...topic, errorCode: 40, errorMessage: 'm' }] },
    ),
  );

  it(
    'by InitProducerId',
    bothSides(
      initProducerId,
      { transactionalId: 'T' },
      { errorCode: 0, producerId: 2n ** 60n, producerEpoch: 3 },
    ),
  );

  it(
    'by OffsetForLeaderEpoch',
    bothSides(
      offsetForLeaderEpoch,
      { topics: byTopic({ partition: 3, currentLeaderEpoch: 1, leaderEpoch: 2 }) },
      { topics: byTopic({ partition: 3, errorCode: 74, leaderEpoch: 2, endOffset: 9n }) },
    ),
  );

  it(
    'by FindCoordinator',
    bothSides(
      findCoordinator,
      { key: 'g', keyType: 1 },
      { errorCode: 15, errorMessage: 'm', nodeId: 1, host: 'h', port: 9092 },
    ),
  );

  it(
    'by JoinGroup',
    bothSides(
      joinGroup,
      {
        groupId: 'g',
        sessionTimeoutMs: 6000,
        rebalanceTimeoutMs: 7000,
        memberId: 'm',
        groupInstanceId: 'i',
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: bytes('says') }],
        canRejoinWithId: true,
      },
      {
        errorCode: 0,
        generationId: 4,
        protocolName: 'range',
        leader: 'm',
        memberId: 'm',
        members: [{ memberId: 'm', groupInstanceId: 'i', metadata: bytes('says') }],
      },
    ),
  );

  it(
    'by DescribeGroups',
    bothSides(
      describeGroups,
      { groups: ['g'] },
      {
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
                groupInstanceId: 'i',
                clientId: 'c',
                clientHost: 'h',
                metadata: bytes('says'),
                assignment: bytes('gets'),
              },
            ],
          },
        ],
      },
    ),
  );

  it(
    'by ListOffsets',
    bothSides(
      listOffsets,
      { topics: byTopic({ partition: 3, currentLeaderEpoch: 1, timestamp: -3n }) },
      {
        topics: byTopic({
          partition: 3,
          errorCode: 0,
          timestamp: 8n,
          offset: 9n,
          leaderEpoch: 1,
        }),
      },
    ),
  );

  it(
    'by OffsetCommit',
    bothSides(
      offsetCommit,
      {
        groupId: 'g',
        generationId: 4,
        memberId: 'm',
        groupInstanceId: 'i',
        topics: byTopic({ partition: 3, offset: 9n, leaderEpoch: 1, metadata: 'note' }),
      },
      { topics: byTopic({ partition: 3, errorCode: 27 }) },
    ),
  );

  it(
    'by OffsetDelete',
    bothSides(
      offsetDelete,
      { groupId: 'g', topics: byTopic(3) },
      { errorCode: 0, topics: byTopic({ partition: 3, errorCode: 86 }) },
    ),
  );

  it('by SaslHandshake and SaslAuthenticate', async () => {
    const mechanism = 'PLAIN';
    bothSides(
      saslHandshake,
      { mechanism, hasFramedTokens: true },
      { errorCode: 0, mechanisms: [mechanism] },
    )();
    bothSides(
      saslAuthenticate,
      { token: bytes('secret') },
      { errorCode: 58, errorMessage: 'no', token: bytes(''), sessionLifetimeMs: 3_600_000n },
    )();
  });

  it(
    'by ListGroups',
    bothSides(
      listGroups,
      { states: ['Stable', 'Empty'] },
      { errorCode: 0, groups: [{ groupId: 'g', protocolType: 'consumer', state: 'Stable' }] },
    ),
  );
});
