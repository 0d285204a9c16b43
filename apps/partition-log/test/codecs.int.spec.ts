import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import {
  APIS,
  WireReader,
  WireWriter,
  type Api,
  type ApiName,
  type RequestOf,
  type ResponseOf,
} from '@tally/kafka-wire';
import { CLUSTER_DIALOGUES } from './support/kafkajs-dialogues/cluster.js';
import type { Dialogue } from './support/kafkajs-dialogues/dialogue.js';
import { GROUP_DIALOGUES } from './support/kafkajs-dialogues/groups.js';
import { RECORD_DIALOGUES } from './support/kafkajs-dialogues/records.js';

/**
 * kafkajs as a second opinion: its encoders write what our readers must understand, and its decoders
 * must understand what we write. It stops below some of our last versions; those are pinned as bytes.
 */
interface KafkaJsRequest {
  readonly encode: () => Promise<{ readonly buffer: Buffer }>;
}
interface KafkaJsResponse {
  readonly decode: (bytes: Buffer) => Promise<unknown>;
}
type MakeResponse = (asked: { readonly topics: readonly unknown[] }) => KafkaJsResponse;
const require = createRequire(import.meta.url);
const kafkajs = (api: string, version: number, part: string) =>
  require(`kafkajs/src/protocol/requests/${api}/v${version}/${part}`) as unknown;

async function readFromKafkaJs<N extends ApiName>(name: N, version: number, options: unknown) {
  const request = kafkajs(name, version, 'request') as (given: unknown) => KafkaJsRequest;
  const { buffer } = await request(options).encode();
  return readBytes(name, version, buffer);
}

function readBytes<N extends ApiName>(name: N, version: number, bytes: Buffer): RequestOf<N> {
  const reader = new WireReader(bytes);
  const read = (APIS[name] as unknown as Api<RequestOf<N>, ResponseOf<N>>).readRequest(
    reader,
    version,
  );
  expect(reader.remaining).toBe(0);
  return read;
}

function written<N extends ApiName>(name: N, version: number, response: ResponseOf<N>): Buffer {
  const writer = new WireWriter();
  (APIS[name] as unknown as Api<RequestOf<N>, ResponseOf<N>>).writeResponse(
    writer,
    response,
    version,
  );
  return Buffer.concat(writer.finish());
}

async function readByKafkaJs<N extends ApiName>(
  name: N,
  version: number,
  response: ResponseOf<N>,
): Promise<unknown> {
  const decoder = kafkajs(name, version, 'response') as KafkaJsResponse | MakeResponse;
  // That of DeleteRecords is made for what was asked.
  const { decode } = typeof decoder === 'function' ? decoder({ topics: [] }) : decoder;
  return decode(written(name, version, response));
}

const hex = (bytes: Buffer) => bytes.toString('hex');
const request = (write: (writer: WireWriter) => unknown) => {
  const writer = new WireWriter();
  write(writer);
  return Buffer.concat(writer.finish());
};

describe('InitProducerId', () => {
  it.each([0, 1])('is what kafkajs means by version %i', async (version) => {
    const options = { transactionalId: 'T', transactionTimeout: 1000 };
    expect(await readFromKafkaJs('initProducerId', version, options)).toEqual({
      transactionalId: 'T',
    });
    const answer = { errorCode: 0, producerId: 2n ** 60n, producerEpoch: 3 };
    expect(await readByKafkaJs('initProducerId', version, answer)).toMatchObject({
      errorCode: 0,
      producerId: String(2n ** 60n),
      producerEpoch: 3,
    });
  });
});

describe('AlterPartitionReassignments and ListPartitionReassignments', () => {
  it('are what kafkajs means by them', async () => {
    const partitionAssignment = [{ partition: 3, replicas: [1, 2] }];
    const altered = { topics: [{ topic: 't', partitionAssignment }], timeout: 1000 };
    expect(await readFromKafkaJs('alterPartitionReassignments', 0, altered)).toEqual({
      topics: [{ name: 't', partitions: [{ partition: 3, replicas: [1, 2] }] }],
    });
    const told = { partition: 3, errorCode: 39, errorMessage: 'm' };
    const answer = {
      errorCode: 0,
      errorMessage: null,
      topics: [{ name: 't', partitions: [told] }],
    };
    expect(await readByKafkaJs('alterPartitionReassignments', 0, answer)).toMatchObject({
      errorCode: 0,
      responses: [{ topic: 't', partitions: [{ partition: 3, errorCode: 39 }] }],
    });
    for (const topics of [null, [{ topic: 't', partitions: [0, 1] }]])
      expect(await readFromKafkaJs('listPartitionReassignments', 0, { topics })).toEqual({
        topics: topics === null ? null : [{ name: 't', partitions: [0, 1] }],
      });
    const moving = { partition: 3, replicas: [1, 2], adding: [2], removing: [] };
    const listed = {
      errorCode: 0,
      errorMessage: null,
      topics: [{ name: 't', partitions: [moving] }],
    };
    expect(await readByKafkaJs('listPartitionReassignments', 0, listed)).toMatchObject({
      errorCode: 0,
      topics: [
        { name: 't', partitions: [{ partition: 3, replicas: [1, 2], addingReplicas: [2] }] },
      ],
    });
  });
});

describe('CreatePartitions', () => {
  it.each([0, 1])('is what kafkajs means by version %i', async (version) => {
    const topicPartitions = [
      { topic: 'a', count: 3 },
      { topic: 'b', count: 4, assignments: [[1], [1, 2]] },
    ];
    const options = { topicPartitions, timeout: 1000, validateOnly: true };
    expect(await readFromKafkaJs('createPartitions', version, options)).toEqual({
      topics: [
        { name: 'a', count: 3, assignments: null },
        { name: 'b', count: 4, assignments: [[1], [1, 2]] },
      ],
      validateOnly: true,
    });
    const topics = [{ name: 'a', errorCode: 37, errorMessage: 'no' }];
    expect(await readByKafkaJs('createPartitions', version, { topics })).toMatchObject({
      topicErrors: [{ topic: 'a', errorCode: 37, errorMessage: 'no' }],
    });
  });
});

describe('SaslHandshake and SaslAuthenticate', () => {
  it.each([0, 1])('are what kafkajs means by version %i', async (version) => {
    expect(await readFromKafkaJs('saslHandshake', version, { mechanism: 'PLAIN' })).toEqual({
      mechanism: 'PLAIN',
      hasFramedTokens: version === 1,
    });
    const mechanisms = ['PLAIN', 'SCRAM-SHA-256'];
    expect(await readByKafkaJs('saslHandshake', version, { errorCode: 0, mechanisms })).toEqual({
      errorCode: 0,
      enabledMechanisms: mechanisms,
    });
    const authBytes = request((writer) => writer.bytes(Buffer.from('token')));
    expect(await readFromKafkaJs('saslAuthenticate', version, { authBytes })).toEqual({
      token: Buffer.from('token'),
    });
    const token = Buffer.from('v=abc');
    const answer = { errorCode: 0, errorMessage: null, token, sessionLifetimeMs: 3_600_000n };
    const read = (await readByKafkaJs('saslAuthenticate', version, answer)) as {
      readonly authBytes: Buffer;
      readonly sessionLifetimeMs?: string;
    };
    expect(read.authBytes.subarray(4)).toEqual(token);
    expect(read.sessionLifetimeMs).toBe(version === 1 ? '3600000' : undefined);
  });
});

const dialogues = { ...RECORD_DIALOGUES, ...GROUP_DIALOGUES, ...CLUSTER_DIALOGUES };
const cases = (Object.entries(dialogues) as [ApiName, Dialogue<ApiName>][]).flatMap(
  ([name, dialogue]) => {
    const [first, last] = dialogue.versions;
    return Array.from({ length: last - first + 1 }, (_, index) => ({
      name,
      version: first + index,
      dialogue,
    }));
  },
);

describe('kafkajs and this log mean the same', () => {
  it.each(cases)('by $name in version $version', async ({ name, version, dialogue }) => {
    const read = await readFromKafkaJs(name, version, dialogue.asks(version));
    expect(read).toMatchObject(dialogue.read(version));
    expect(await readByKafkaJs(name, version, dialogue.answer)).toMatchObject(dialogue.understood);
  });
});

describe('what kafkajs does not speak', () => {
  it('OffsetForLeaderEpoch names the replica from version 3 on, and answers with the error first', () => {
    const topics = [
      { name: 't', partitions: [{ partition: 1, currentLeaderEpoch: 0, leaderEpoch: 0 }] },
    ];
    const body = '00000001' + '000174' + '00000001' + '00000001' + '00000000' + '00000000';
    const read = (bytes: string, version: number) =>
      readBytes('offsetForLeaderEpoch', version, Buffer.from(bytes, 'hex'));
    expect(read(body, 2)).toEqual({ topics });
    expect(read('ffffffff' + body, 3)).toEqual({ topics });
    const end = { partition: 1, errorCode: 74, leaderEpoch: 2, endOffset: 9n };
    const answer = { topics: [{ name: 't', partitions: [end] }] };
    for (const version of [2, 3]) {
      expect(hex(written('offsetForLeaderEpoch', version, answer))).toBe(
        '00000000' + '00000001' + '000174' + '00000001' +
          '004a' + '00000001' + '00000002' + '0000000000000009',
      ); // prettier-ignore
    }
  });

  it('IncrementalAlterConfigs has an operation per setting', () => {
    const bytes = '00000001' + '02' + '000174' + '00000001' + '00016b' + '01' + 'ffff' + '01';
    expect(readBytes('incrementalAlterConfigs', 0, Buffer.from(bytes, 'hex'))).toEqual({
      resources: [{ type: 2, name: 't', configs: [{ name: 'k', operation: 1, value: null }] }],
      validateOnly: true,
    });
    const resources = [{ type: 2, name: 't', errorCode: 40, errorMessage: 'm' }];
    expect(hex(written('incrementalAlterConfigs', 0, { resources }))).toBe(
      '00000000' + '00000001' + '0028' + '00016d' + '02' + '000174',
    );
  });

  it('DescribeLogDirs names the folder, and of each partition size, lag and whether it is to come', () => {
    const bytes = '00000001' + '000174' + '00000001' + '00000003';
    const topics = [{ name: 't', partitions: [3] }];
    const partition = { partition: 3, size: 9n, lag: 0n, isFuture: false };
    const dirs = [{ errorCode: 0, path: '/l', topics: [{ name: 't', partitions: [partition] }] }];
    for (const version of [0, 1]) {
      expect(readBytes('describeLogDirs', version, Buffer.from(bytes, 'hex'))).toEqual({ topics });
      expect(hex(written('describeLogDirs', version, { dirs }))).toBe(
        '00000000' + '00000001' + '0000' + '00022f6c' + '00000001' + '000174' +
          '00000001' + '00000003' + '0000000000000009' + '0000000000000000' + '00',
      ); // prettier-ignore
    }
  });

  it('ElectLeaders names the kind of election, and answers with its own error, from version 1 on', () => {
    const bytes = '00000001' + '000174' + '00000001' + '00000003' + '00007530';
    const topics = [{ name: 't', partitions: [3] }];
    const read = (text: string, version: number) =>
      readBytes('electLeaders', version, Buffer.from(text, 'hex'));
    expect(read(bytes, 0)).toEqual({ election: 0, topics });
    expect(read(`01${bytes}`, 1)).toEqual({ election: 1, topics });
    expect(read('00ffffffff00007530', 1)).toEqual({ election: 0, topics: null });
    const told = { partition: 3, errorCode: 84, errorMessage: 'm' };
    const answer = { errorCode: 0, topics: [{ name: 't', partitions: [told] }] };
    const body = '00000001' + '000174' + '00000001' + '00000003' + '0054' + '00016d';
    expect(hex(written('electLeaders', 0, answer))).toBe('00000000' + body);
    expect(hex(written('electLeaders', 1, answer))).toBe('00000000' + '0000' + body);
  });

  it('DescribeAcls, CreateAcls and DeleteAcls have a pattern from version 1 on', () => {
    const filter = { type: 2, name: 't', pattern: 3, principal: null, host: '*' };
    const asked = { ...filter, operation: 3, permission: 1 };
    const rest = 'ffff' + '00012a' + '03' + '01';
    const read = (name: 'describeAcls' | 'deleteAcls', version: number, text: string) =>
      readBytes(name, version, Buffer.from(text, 'hex'));
    expect(read('describeAcls', 0, '02' + '000174' + rest)).toEqual(asked);
    expect(read('describeAcls', 1, '02' + '000174' + '04' + rest)).toEqual({
      ...asked,
      pattern: 4,
    });
    const filters = [{ ...asked, pattern: 4 }];
    expect(read('deleteAcls', 1, '00000001' + '02' + '000174' + '04' + rest)).toEqual({ filters });
    const entry = { principal: 'p', host: 'h', operation: 3, permission: 3 };
    const creation = { type: 2, name: 't', pattern: 4, ...entry };
    const created = '00000001' + '02' + '000174' + '04' + '000170' + '000168' + '03' + '03';
    expect(readBytes('createAcls', 1, Buffer.from(created, 'hex'))).toEqual({
      creations: [creation],
    });
    const none = { errorCode: 0, errorMessage: null };
    const resources = [{ type: 2, name: 't', pattern: 4, acls: [entry] }];
    const tail = '00000001' + '000170' + '000168' + '03' + '03';
    expect(hex(written('describeAcls', 0, { ...none, resources }))).toBe(
      '00000000' + '0000' + 'ffff' + '00000001' + '02' + '000174' + tail,
    );
    expect(hex(written('describeAcls', 1, { ...none, resources }))).toBe(
      '00000000' + '0000' + 'ffff' + '00000001' + '02' + '000174' + '04' + tail,
    );
    const refused = { errorCode: 44, errorMessage: 'm' };
    expect(hex(written('createAcls', 1, { results: [refused] }))).toBe(
      '00000000' + '00000001' + '002c' + '00016d',
    );
    const results = [{ ...none, matching: [{ ...refused, ...creation }] }];
    expect(hex(written('deleteAcls', 1, { results }))).toBe(
      '00000000' + '00000001' + '0000' + 'ffff' + '00000001' + '002c' + '00016d' +
        '02' + '000174' + '04' + '000170' + '000168' + '03' + '03',
    ); // prettier-ignore
  });

  it('ListOffsets is flexible from version 6 on', () => {
    const partition = '00000003' + '00000000' + 'fffffffffffffffd' + '00';
    const bytes = '00' + 'ffffffff' + '01' + '02' + '0274' + '02' + partition + '00' + '00';
    for (const version of [6, 7])
      expect(readBytes('listOffsets', version, Buffer.from(bytes, 'hex'))).toEqual({
        topics: [
          { name: 't', partitions: [{ partition: 3, currentLeaderEpoch: 0, timestamp: -3n }] },
        ],
      });
    const told = { partition: 3, errorCode: 0, timestamp: 8n, offset: 9n, leaderEpoch: 0 };
    const topics = [{ name: 't', partitions: [told] }];
    expect(hex(written('listOffsets', 7, { topics }))).toBe(
      '00' + '00000000' + '02' + '0274' + '02' +
        '00000003' + '0000' + '0000000000000008' + '0000000000000009' + '00000000' + '00' +
        '00' + '00',
    ); // prettier-ignore
  });

  it('ListGroups is flexible from version 3 on, and asks and tells of states from version 4 on', () => {
    const read = (text: string, version: number) =>
      readBytes('listGroups', version, Buffer.from(text, 'hex'));
    expect(read('00' + '00', 3)).toEqual({ states: [] });
    expect(read('00' + '02' + '06' + '456d707479' + '00', 4)).toEqual({ states: ['Empty'] });
    const groups = [{ groupId: 'g', protocolType: 'c', state: 'Empty' }];
    expect(hex(written('listGroups', 3, { errorCode: 0, groups }))).toBe(
      '00' + '00000000' + '0000' + '02' + '0267' + '0263' + '00' + '00',
    );
    expect(hex(written('listGroups', 4, { errorCode: 0, groups }))).toBe(
      '00' + '00000000' + '0000' + '02' + '0267' + '0263' + '06456d707479' + '00' + '00',
    );
  });

  it('OffsetDelete answers with its own error before the throttle time', () => {
    const bytes = '000167' + '00000001' + '000174' + '00000002' + '00000000' + '00000001';
    expect(readBytes('offsetDelete', 0, Buffer.from(bytes, 'hex'))).toEqual({
      groupId: 'g',
      topics: [{ name: 't', partitions: [0, 1] }],
    });
    const topics = [{ name: 't', partitions: [{ partition: 0, errorCode: 86 }] }];
    expect(hex(written('offsetDelete', 0, { errorCode: 0, topics }))).toBe(
      '0000' + '00000000' + '00000001' + '000174' + '00000001' + '00000000' + '0056',
    );
  });
});

describe('what is told to clients', () => {
  it('is each API with its first and last version', () => {
    const served = Object.values(APIS)
      .map(({ key, name, min, max }) => [key, name, min, max] as const)
      .toSorted(([a], [b]) => a - b);
    expect(served).toEqual([
      [0, 'Produce', 3, 8],
      [1, 'Fetch', 4, 11],
      [2, 'ListOffsets', 1, 7],
      [3, 'Metadata', 0, 8],
      [8, 'OffsetCommit', 2, 7],
      [9, 'OffsetFetch', 1, 5],
      [10, 'FindCoordinator', 0, 2],
      [11, 'JoinGroup', 0, 5],
      [12, 'Heartbeat', 0, 3],
      [13, 'LeaveGroup', 0, 3],
      [14, 'SyncGroup', 0, 3],
      [15, 'DescribeGroups', 0, 4],
      [16, 'ListGroups', 0, 4],
      [17, 'SaslHandshake', 0, 1],
      [18, 'ApiVersions', 0, 3],
      [19, 'CreateTopics', 0, 4],
      [20, 'DeleteTopics', 0, 3],
      [21, 'DeleteRecords', 0, 1],
      [22, 'InitProducerId', 0, 1],
      [23, 'OffsetForLeaderEpoch', 2, 3],
      [29, 'DescribeAcls', 0, 1],
      [30, 'CreateAcls', 0, 1],
      [31, 'DeleteAcls', 0, 1],
      [32, 'DescribeConfigs', 0, 3],
      [33, 'AlterConfigs', 0, 1],
      [35, 'DescribeLogDirs', 0, 1],
      [36, 'SaslAuthenticate', 0, 1],
      [37, 'CreatePartitions', 0, 1],
      [42, 'DeleteGroups', 0, 1],
      [43, 'ElectLeaders', 0, 1],
      [44, 'IncrementalAlterConfigs', 0, 0],
      [45, 'AlterPartitionReassignments', 0, 0],
      [46, 'ListPartitionReassignments', 0, 0],
      [47, 'OffsetDelete', 0, 0],
    ]);
  });
});
