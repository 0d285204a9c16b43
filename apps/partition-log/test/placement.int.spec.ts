import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  alterPartitionReassignments,
  buildRecordBatch,
  createPartitions,
  createTopics,
  describeLogDirs,
  electLeaders,
  ELECTION,
  KAFKA_ERRORS,
  LATEST_TIME,
  listOffsets,
  listPartitionReassignments,
  metadata,
  produce,
} from '@tally/kafka-wire';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import { LogProcess } from './support/log-process.js';
import { batchOf, onlyPartition, producing } from './support/requests.js';

const log = new LogProcess({ TALLY_LOG_MAX_PARTITIONS_PER_TOPIC: '20' });
let raw: KafkaConnection;
beforeAll(async () => {
  await log.start();
  raw = await KafkaConnection.open(log.port);
}, 60_000);
afterAll(async () => {
  raw?.close();
  await log.stop();
}, 60_000);

async function make(name: string, partitions: number): Promise<void> {
  const topic = { name, partitions, replicationFactor: 1, assignments: [], configs: [] };
  await raw.ask(createTopics, { topics: [topic], validateOnly: false });
}

const {
  INVALID_REPLICA_ASSIGNMENT,
  INVALID_REPLICATION_FACTOR,
  INVALID_PARTITIONS,
  INVALID_REQUEST,
} = KAFKA_ERRORS;

describe('replicas that a client places', () => {
  const place = async (
    name: string,
    assignments: readonly [number, readonly number[]][],
    [partitions, replicationFactor] = [-1, -1],
  ) => {
    const placed = assignments.map(([partition, brokers]) => ({ partition, brokers }));
    const wanted = { name, partitions, replicationFactor, assignments: placed, configs: [] };
    return (await raw.ask(createTopics, { topics: [wanted], validateOnly: false })).topics[0];
  };
  const partitionsOf = async (name: string) =>
    (await raw.ask(metadata, { topics: [name] })).topics[0]?.partitions.length;

  it.each<[string, [number, number[]][], number, string]>([
    ['a node that there is not', [[0, [2]]], INVALID_REPLICA_ASSIGNMENT, 'there is no node 2'],
    ['more nodes than there are', [[0, [1, 2]]], INVALID_REPLICA_ASSIGNMENT, 'there is no node 2'],
    ['one node twice', [[0, [1, 1]]], INVALID_REPLICA_ASSIGNMENT, 'twice'],
    ['no node', [[0, []]], INVALID_REPLICA_ASSIGNMENT, 'got none'],
    [
      'a partition twice',
      [
        [0, [1]],
        [0, [1]],
      ],
      INVALID_REPLICA_ASSIGNMENT,
      'each once, got 0',
    ],
    [
      'a gap',
      [
        [0, [1]],
        [2, [1]],
      ],
      INVALID_REPLICA_ASSIGNMENT,
      'got 2',
    ],
    ['a negative partition', [[-1, [1]]], INVALID_REPLICA_ASSIGNMENT, 'got -1'],
  ])('cannot be on %s', async (_, assignments, errorCode, sentence) => {
    expect(await place('placed-wrong', assignments)).toMatchObject({
      errorCode,
      errorMessage: expect.stringContaining(sentence) as unknown,
    });
    expect(await partitionsOf('placed-wrong')).toBe(0);
  });

  it('make a topic where they are on the node that there is, and its number follows from them', async () => {
    expect(
      await place(
        'placed',
        [
          [1, [1]],
          [0, [1]],
        ],
        [2, 1],
      ),
    ).toMatchObject({
      errorCode: INVALID_REQUEST,
    });
    expect(
      await place('placed', [
        [1, [1]],
        [0, [1]],
      ]),
    ).toMatchObject({ errorCode: 0 });
    expect(await partitionsOf('placed')).toBe(2);
    expect(await place('copied', [], [1, 2])).toMatchObject({
      errorCode: INVALID_REPLICATION_FACTOR,
    });
    expect(await place('empty', [], [0, 1])).toMatchObject({ errorCode: INVALID_PARTITIONS });
  });

  it('of new partitions are named for each of them, and asking whether changes nothing', async () => {
    const grow = async (
      count: number,
      assignments: readonly (readonly number[])[] | null,
      validateOnly = true,
    ) => {
      const topics = [{ name: 'placed', count, assignments }];
      return (await raw.ask(createPartitions, { topics, validateOnly })).topics[0];
    };
    for (const [count, assignments, errorCode, sentence] of [
      [4, [[1]], INVALID_REPLICA_ASSIGNMENT, 'each of the 2 new partitions, got 1'],
      [4, [], INVALID_REPLICA_ASSIGNMENT, 'got 0'],
      [4, [[1], [7]], INVALID_REPLICA_ASSIGNMENT, 'no node 7'],
      [4, [[1], []], INVALID_REPLICA_ASSIGNMENT, 'got none'],
      [4, [[1], [1, 1]], INVALID_REPLICA_ASSIGNMENT, 'twice'],
      [2, null, INVALID_PARTITIONS, 'more than the 2'],
      [1, [], INVALID_PARTITIONS, 'more than the 2'],
      [-(2 ** 31), null, INVALID_PARTITIONS, 'more than the 2'],
      [2 ** 31 - 1, null, INVALID_PARTITIONS, 'at most 20'],
    ] as const)
      expect(await grow(count, assignments, false)).toMatchObject({
        errorCode,
        errorMessage: expect.stringContaining(sentence) as unknown,
      });
    expect(await grow(4, [[1], [1]])).toMatchObject({ errorCode: 0, errorMessage: null });
    expect(await partitionsOf('placed')).toBe(2);
    expect(await grow(4, [[1], [1]], false)).toMatchObject({ errorCode: 0 });
    expect(await partitionsOf('placed')).toBe(4);
  });
});

describe('a move of replicas to other nodes', () => {
  const move = async (name: string, partition: number, replicas: readonly number[] | null) => {
    const topics = [{ name, partitions: [{ partition, replicas }] }];
    return onlyPartition(await raw.ask(alterPartitionReassignments, { topics }));
  };

  it('is done where they are there already, and refused where there is no such node', async () => {
    const { NO_REASSIGNMENT_IN_PROGRESS, UNKNOWN_TOPIC_OR_PARTITION } = KAFKA_ERRORS;
    expect(await move('placed', 0, [1])).toMatchObject({ errorCode: 0, errorMessage: null });
    expect(await move('placed', 0, [1, 2])).toMatchObject({
      errorCode: INVALID_REPLICA_ASSIGNMENT,
      errorMessage: 'there is no node 2: expected 1',
    });
    expect((await move('placed', 0, [])).errorCode).toBe(INVALID_REPLICA_ASSIGNMENT);
    expect((await move('placed', 0, null)).errorCode).toBe(NO_REASSIGNMENT_IN_PROGRESS);
    expect((await move('placed', 99, [1])).errorCode).toBe(UNKNOWN_TOPIC_OR_PARTITION);
    expect((await move('absent', -1, [1])).errorCode).toBe(UNKNOWN_TOPIC_OR_PARTITION);
    const none = { errorCode: 0, errorMessage: null, topics: [] };
    expect(await raw.ask(listPartitionReassignments, { topics: null })).toEqual(none);
    const asked = [{ name: 'placed', partitions: [0] }];
    expect(await raw.ask(listPartitionReassignments, { topics: asked })).toEqual(none);
    const admin = log.client().admin();
    await admin.connect();
    const partitionAssignment = [{ partition: 0, replicas: [1] }];
    await admin.alterPartitionReassignments({ topics: [{ topic: 'placed', partitionAssignment }] });
    expect(await admin.listPartitionReassignments({})).toMatchObject({ topics: [] });
    await admin.disconnect();
  });
});

describe('the folder of the log', () => {
  const dirs = async (topics: readonly { name: string; partitions: number[] }[] | null) =>
    (await raw.ask(describeLogDirs, { topics })).dirs;

  it('is told with what lies in it, each partition once, and nothing that does not', async () => {
    await make('weighed', 2);
    const sent = onlyPartition(await raw.ask(produce, producing('weighed', 1, batchOf('x'))));
    expect(sent.errorCode).toBe(0);
    const asked = { name: 'weighed', partitions: [1, 0, 1, 9, -1] };
    const size = BigInt(batchOf('x').length);
    const told = { lag: 0n, isFuture: false };
    expect(await dirs([asked, asked, { name: 'nobody-made-it', partitions: [0] }])).toEqual([
      {
        errorCode: 0,
        path: log.logDir,
        topics: [
          {
            name: 'weighed',
            partitions: [
              { partition: 1, size, ...told },
              { partition: 0, size: 0n, ...told },
            ],
          },
          { name: 'nobody-made-it', partitions: [] },
        ],
      },
    ]);
    const [all] = await dirs(null);
    expect(all?.topics.map(({ name }) => name).toSorted()).toEqual([
      '__consumer_offsets',
      'placed',
      'weighed',
    ]);
  });
});

describe('an election of leaders', () => {
  const elect = (
    topics: readonly { name: string; partitions: number[] }[] | null,
    election: number = ELECTION.preferred,
  ) => raw.ask(electLeaders, { election, topics });
  const errorsIn = async (name: string, partitions: number[], election?: number) =>
    (await elect([{ name, partitions }], election)).topics.flatMap((told) =>
      told.partitions.map(({ errorCode }) => errorCode),
    );

  it('is not needed where one node leads, and says so of each partition', async () => {
    const { ELECTION_NOT_NEEDED, UNKNOWN_TOPIC_OR_PARTITION, INVALID_REQUEST } = KAFKA_ERRORS;
    expect(await errorsIn('weighed', [0, 1, 0, 2])).toEqual([
      ELECTION_NOT_NEEDED,
      ELECTION_NOT_NEEDED,
      UNKNOWN_TOPIC_OR_PARTITION,
    ]);
    expect(await errorsIn('weighed', [0], ELECTION.unclean)).toEqual([ELECTION_NOT_NEEDED]);
    expect(await errorsIn('nobody-made-it', [0])).toEqual([UNKNOWN_TOPIC_OR_PARTITION]);
    expect(await elect(null)).toEqual({ errorCode: 0, topics: [] });
    expect(await elect(null, 7)).toEqual({ errorCode: INVALID_REQUEST, topics: [] });
    expect(await errorsIn('weighed', [0], 7)).toEqual([INVALID_REQUEST]);
  });
});

describe('the record with the latest time', () => {
  const latest = async (name: string, timestamp = LATEST_TIME) => {
    const partitions = [{ partition: 0, currentLeaderEpoch: -1, timestamp }];
    const answer = await raw.ask(listOffsets, { topics: [{ name, partitions }] });
    const { errorCode, offset, timestamp: time } = onlyPartition(answer);
    return [errorCode, Number(offset), Number(time)];
  };

  it('is found, the first of those that have it, and none where there is no record', async () => {
    await make('unordered', 1);
    expect(await latest('unordered')).toEqual([0, -1, -1]);
    for (const time of [1000, 5000, 5000, 2000]) {
      const batch = buildRecordBatch([{ key: null, value: Buffer.from('x') }], time);
      await raw.ask(produce, producing('unordered', 0, batch));
    }
    expect(await latest('unordered')).toEqual([0, 1, 5000]);
    expect(await latest('unordered', -4n)).toEqual([KAFKA_ERRORS.INVALID_REQUEST, -1, -1]);
  });
});
