import { describe, it } from '@jest/globals';
import { bothSides } from '../../test/support/both-sides.js';
import { alterConfigs } from './alter-configs.js';
import { alterPartitionReassignments } from './alter-partition-reassignments.js';
import { createAcls } from './create-acls.js';
import { createPartitions } from './create-partitions.js';
import { deleteAcls } from './delete-acls.js';
import { describeAcls } from './describe-acls.js';
import { describeConfigs } from './describe-configs.js';
import { describeLogDirs } from './describe-log-dirs.js';
import { listPartitionReassignments } from './list-partition-reassignments.js';
import { ELECTION, electLeaders } from './elect-leaders.js';

const byTopic = <Partition>(partition: Partition) => [{ name: 't', partitions: [partition] }];
const topic = { type: 2, name: 't' };

const filter = { type: 2, name: 't', pattern: 4, principal: null, host: '*', operation: 3 };
const resource = { type: 2, name: 't', pattern: 4 };
const entry = { principal: 'User:ann', host: '*', operation: 3, permission: 3 };

describe('a client who administers and the server mean the same', () => {
  it(
    'by DescribeConfigs',
    bothSides(
      describeConfigs,
      {
        resources: [{ ...topic, names: ['k'] }],
        withSynonyms: true,
        withDocumentation: true,
      },
      {
        resources: [
          {
            ...topic,
            errorCode: 0,
            errorMessage: null,
            configs: [
              {
                name: 'k',
                value: 'v',
                readOnly: true,
                source: 1,
                synonyms: [{ name: 'log.k', value: 'w', source: 5 }],
                type: 7,
                documentation: 'says',
              },
            ],
          },
        ],
      },
    ),
  );

  it(
    'by AlterConfigs',
    bothSides(
      alterConfigs,
      { resources: [{ ...topic, configs: [{ name: 'k', value: null }] }], validateOnly: true },
      { resources: [{ ...topic, errorCode: 40, errorMessage: 'no' }] },
    ),
  );

  it(
    'by CreatePartitions',
    bothSides(
      createPartitions,
      { topics: [{ name: 't', count: 3, assignments: [[1], [1, 2]] }], validateOnly: true },
      { topics: [{ name: 't', errorCode: 37, errorMessage: 'no' }] },
    ),
  );

  it(
    'by DescribeLogDirs',
    bothSides(
      describeLogDirs,
      { topics: byTopic(3) },
      {
        dirs: [
          {
            errorCode: 0,
            path: '/log',
            topics: byTopic({ partition: 3, size: 9n, lag: 0n, isFuture: false }),
          },
        ],
      },
    ),
  );

  it(
    'by ElectLeaders',
    bothSides(
      electLeaders,
      { election: ELECTION.unclean, topics: byTopic(3) },
      { errorCode: 0, topics: byTopic({ partition: 3, errorCode: 84, errorMessage: 'no' }) },
    ),
  );

  it(
    'by AlterPartitionReassignments',
    bothSides(
      alterPartitionReassignments,
      {
        topics: [
          {
            name: 't',
            partitions: [
              { partition: 3, replicas: [1, 2] },
              { partition: 4, replicas: null },
            ],
          },
        ],
      },
      {
        errorCode: 31,
        errorMessage: 'no',
        topics: byTopic({ partition: 3, errorCode: 85, errorMessage: null }),
      },
    ),
  );

  it(
    'by ListPartitionReassignments',
    bothSides(
      listPartitionReassignments,
      { topics: byTopic(3) },
      {
        errorCode: 0,
        errorMessage: null,
        topics: byTopic({ partition: 3, replicas: [1, 2], adding: [2], removing: [] }),
      },
    ),
  );

  it(
    'by DescribeAcls',
    bothSides(
      describeAcls,
      { ...filter, permission: 1 },
      { errorCode: 54, errorMessage: 'no', resources: [{ ...resource, acls: [entry, entry] }] },
    ),
  );

  it(
    'by CreateAcls',
    bothSides(
      createAcls,
      { creations: [{ ...resource, ...entry }] },
      { results: [{ errorCode: 44, errorMessage: 'no' }] },
    ),
  );

  it(
    'by DeleteAcls',
    bothSides(
      deleteAcls,
      { filters: [{ ...filter, permission: 1 }] },
      {
        results: [
          {
            errorCode: 0,
            errorMessage: null,
            matching: [{ errorCode: 44, errorMessage: 'no', ...resource, ...entry }],
          },
        ],
      },
    ),
  );
});
