import {
  buildRecordBatch,
  readBatchHeader,
  readRecords,
  type KafkaError,
  type KeyValue,
} from '@tally/kafka-wire';
import type { Partition, SegmentLog, Topic } from '@tally/segment-log';
import { errorOf } from '../records/produce.js';
import { OFFSETS_TOPIC } from '../topics/internal-topics.js';

/** Fixed for ever: which partition holds a group's records follows from it. */
const PARTITIONS = 16;
/** Read at once while the records are read back. */
const REPLAY_BYTES = 1 << 20;

/**
 * Where the coordinator keeps what has to outlive it: a topic of the log itself, of which only the
 * last record of a key counts. All records of a group lie in one partition, in order.
 */
export class GroupTopic {
  private constructor(
    private readonly log: SegmentLog,
    private readonly topic: Topic | undefined,
    private readonly now: () => number,
  ) {}

  /** Makes the topic in a new log. One that is closed is left alone: nothing is known then, and nothing written. */
  static async open(log: SegmentLog, now: () => number): Promise<GroupTopic> {
    return new GroupTopic(log, await offsetsTopic(log), now);
  }

  /** Its description is damaged: until somebody has mended it nobody knows where groups stand. */
  get isClosed(): boolean {
    return this.topic === undefined;
  }

  /** Whether the log has a topic of that name; also one that is closed until somebody mends it. */
  isThere(name: string): boolean {
    return this.log.hasTopic(name);
  }

  /** All records become durable together, or none. They are made when it is known at what time. */
  async append(group: string, make: (nowMs: number) => readonly KeyValue[]): Promise<KafkaError> {
    if (this.topic === undefined) return 'COORDINATOR_NOT_AVAILABLE';
    const nowMs = this.now();
    const records = make(nowMs);
    if (records.length === 0) return 'NONE';
    const partition = this.topic.partitions[partitionOf(group)];
    if (partition === undefined) throw new Error('the offsets topic lost a partition');
    const bytes = buildRecordBatch(records, nowMs);
    // Not stamped: groups go on when the clock of the log is wrong.
    const outcome = await this.log.append(partition, { bytes, stampTime: false });
    // Its batches have no producer id, so none is a duplicate.
    const isIn = outcome.kind === 'appended' || outcome.kind === 'duplicate';
    return isIn ? 'NONE' : commitErrorOf(errorOf(outcome.kind));
  }

  /** Everything that was ever appended and is still there; what comes later counts. */
  async *records(): AsyncGenerator<KeyValue> {
    for (const partition of this.topic?.partitions ?? []) yield* recordsOf(partition);
  }
}

async function* recordsOf(partition: Partition): AsyncGenerator<KeyValue> {
  for (let offset = partition.logStart; offset < partition.highWatermark;) {
    const outcome = await partition.read(offset, REPLAY_BYTES);
    if (outcome.kind === 'damaged') {
      // What was written there is lost: groups go on from what they had committed before, and read again.
      offset = outcome.range.endOffset;
      continue;
    }
    if (outcome.kind !== 'batches') throw new Error(`cannot read ${OFFSETS_TOPIC} at ${offset}`);
    for (let at = 0; at < outcome.bytes.length;) {
      const header = readBatchHeader(outcome.bytes, at);
      if (header === undefined) throw new Error(`no batch in ${OFFSETS_TOPIC} at ${offset}`);
      yield* readRecords(outcome.bytes.subarray(at, at + header.size));
      at += header.size;
      offset = header.baseOffset + BigInt(header.count);
    }
  }
}

async function offsetsTopic(log: SegmentLog): Promise<Topic | undefined> {
  if (log.hasTopic(OFFSETS_TOPIC)) return log.topic(OFFSETS_TOPIC);
  const configs = { 'cleanup.policy': 'compact', 'message.timestamp.type': 'CreateTime' };
  const outcome = await log.createTopic({ name: OFFSETS_TOPIC, partitions: PARTITIONS, configs });
  if (outcome.kind === 'created') return outcome.topic;
  throw new Error(`cannot make ${OFFSETS_TOPIC}: ${outcome.kind}`);
}

/** As Apache Kafka shares groups out over partitions: the hash of a Java string, without its sign, modulo partitions. */
function partitionOf(group: string): number {
  let hash = 0;
  for (let index = 0; index < group.length; index++) {
    hash = (Math.imul(hash, 31) + group.charCodeAt(index)) | 0;
  }
  return (hash & 0x7fffffff) % PARTITIONS;
}

/** What a client understands of a commit: all of these it tries again. */
function commitErrorOf(error: KafkaError): KafkaError {
  return error === 'NOT_LEADER_OR_FOLLOWER' ? 'NOT_COORDINATOR' : 'COORDINATOR_NOT_AVAILABLE';
}
