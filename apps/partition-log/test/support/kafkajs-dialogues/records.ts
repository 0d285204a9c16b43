import { buildRecordBatch, type ResponseOf } from '@tally/kafka-wire';
import { PART, partitionsOf, type Dialogues } from './dialogue.js';

/** Of what is written and read. */
export const RECORD_DIALOGUES: Dialogues = {
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
};
