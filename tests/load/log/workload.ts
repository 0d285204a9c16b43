import { crc32 } from 'node:zlib';
import { AT, buildRecordBatch, createTopics, encodeRequest, produce } from '@tally/kafka-wire';
import type { KafkaConnection } from '@tally/testing/kafka-connection';

/** What one measurement appends. */
export interface Workload {
  readonly name: string;
  readonly topic: string;
  readonly partitions: number;
  /** Each request has one batch for that many of them. */
  readonly partitionsPerRequest: number;
  readonly recordsPerBatch: number;
  readonly requests: number;
  readonly connections: number;
  /** Requests of one connection that wait for their answer. */
  readonly inFlight: number;
}

/** Of the value of each record: a block of the partitioner is about as large. */
export const RECORD_BYTES = 1024;
/** Batches that differ, used in turn. */
const TEMPLATES = 16;

/** What should be in a partition: how many records, and the sum of the CRCs of its batches. */
export interface Content {
  records: number;
  checksum: number;
}

interface Request {
  readonly frame: Buffer[];
  readonly adds: readonly { readonly partition: number; readonly checksum: number }[];
}

/** The requests of a workload, encoded; they are sent in turn. */
export class RequestCycle {
  private readonly requests: Request[] = [];

  constructor(private readonly workload: Workload) {
    const { topic, partitions, partitionsPerRequest, recordsPerBatch } = workload;
    const batches = Array.from({ length: TEMPLATES }, (_, number) =>
      makeBatch(recordsPerBatch, number),
    );
    const checksums = batches.map(checksumOf);
    const length = (TEMPLATES * partitions) / partitionsPerRequest;
    for (let index = 0; index < length; index++) {
      const adds = Array.from({ length: partitionsPerRequest }, (_, added) => {
        const slot = index * partitionsPerRequest + added;
        const template = (slot + Math.floor(slot / partitions)) % TEMPLATES;
        return { partition: slot % partitions, template, checksum: checksums[template] ?? 0 };
      });
      const frame = encodeRequest(produce, {
        transactionalId: null,
        acks: -1,
        timeoutMs: 30_000,
        topics: [
          {
            name: topic,
            partitions: adds.map(({ partition, template }) => ({
              partition,
              records: batches[template] ?? null,
            })),
          },
        ],
      });
      this.requests.push({ frame, adds });
    }
  }

  frame(index: number): Buffer[] {
    return this.at(index).frame;
  }

  /** What the first `requests` of them put into each partition. */
  content(requests: number): Content[] {
    const { partitions, recordsPerBatch } = this.workload;
    const content = Array.from({ length: partitions }, () => ({ records: 0, checksum: 0 }));
    for (let index = 0; index < requests; index++) {
      for (const { partition, checksum } of this.at(index).adds) {
        const of = content[partition];
        if (of === undefined) continue;
        of.records += recordsPerBatch;
        of.checksum = (of.checksum + checksum) % Number.MAX_SAFE_INTEGER;
      }
    }
    return content;
  }

  private at(index: number): Request {
    const request = this.requests[index % this.requests.length];
    if (request === undefined) throw new Error('a workload without requests');
    return request;
  }
}

/** Bytes of records as a client counts them. */
export function bytesOf({ requests, partitionsPerRequest, recordsPerBatch }: Workload): number {
  return requests * partitionsPerRequest * recordsPerBatch * RECORD_BYTES;
}

function makeBatch(records: number, seed: number): Buffer {
  const value = (record: number) => {
    const bytes = Buffer.alloc(RECORD_BYTES, `${seed} ${record} `);
    bytes.writeUInt32BE(seed, 0);
    return { key: null, value: bytes };
  };
  return buildRecordBatch(
    Array.from({ length: records }, (_, record) => value(record)),
    Date.now(),
  );
}

/** Of the part of a batch that the log leaves as it is. */
export function checksumOf(batch: Buffer): number {
  return crc32(batch.subarray(AT.records));
}

export async function makeTopic(
  connection: KafkaConnection,
  { topic, partitions }: Workload,
): Promise<void> {
  const { topics } = await connection.ask(createTopics, {
    topics: [
      {
        name: topic,
        partitions,
        replicationFactor: 1,
        assignments: [],
        configs: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }],
      },
    ],
    validateOnly: false,
  });
  const { errorCode, errorMessage } = topics[0] ?? {};
  if (errorCode !== 0) throw new Error(`no topic ${topic}: ${errorCode} ${errorMessage}`);
}
