import { buildRecordBatch, readBatchHeader, readRecords, type KafkaError } from '@tally/kafka-wire';
import type { Partition, SegmentLog, Topic } from '@tally/segment-log';
import { errorOf } from '../records/produce.js';
import { OFFSETS_TOPIC } from '../topics/internal-topics.js';
import {
  decodeOffset,
  encodeOffset,
  type CommittedOffset,
  type OffsetKey,
} from './offset-records.js';

/** Fixed for ever: which partition holds a group's offsets follows from it. */
const PARTITIONS = 16;
/** Read at once while the offsets are read back. */
const REPLAY_BYTES = 1 << 20;

/** A new place of a group in one partition; undefined: forget it. */
export interface OffsetChange {
  readonly topic: string;
  readonly partition: number;
  readonly committed: CommittedOffset | undefined;
}

type Partitions = Map<number, CommittedOffset>;

/**
 * What groups have committed, kept in a topic of the log itself and read back at start. A commit
 * counts once it is durable there.
 */
export class OffsetStore {
  private readonly groups = new Map<string, Map<string, Partitions>>();

  private constructor(
    private readonly log: SegmentLog,
    private readonly topic: Topic,
    private readonly now: () => number,
  ) {}

  /** Makes the topic in a new log; else reads it. */
  static async open(log: SegmentLog, now: () => number): Promise<OffsetStore> {
    const store = new OffsetStore(log, await offsetsTopic(log), now);
    for (const partition of store.topic.partitions) await store.replay(partition);
    return store;
  }

  /** All topics of a group, with the places in their partitions. */
  of(group: string): ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> {
    return this.groups.get(group) ?? new Map<string, Partitions>();
  }

  has(group: string): boolean {
    return this.groups.has(group);
  }

  /** Groups that have committed something. */
  names(): IterableIterator<string> {
    return this.groups.keys();
  }

  /** All changes become durable together, or none. */
  async commit(group: string, changes: readonly OffsetChange[]): Promise<KafkaError> {
    if (changes.length === 0) return 'NONE';
    const nowMs = this.now();
    const records = changes.map(({ topic, partition, committed }) =>
      encodeOffset({ group, topic, partition }, committed, nowMs),
    );
    const partition = this.topic.partitions[partitionOf(group)];
    if (partition === undefined) throw new Error('the offsets topic lost a partition');
    const bytes = buildRecordBatch(records, nowMs);
    const outcome = await this.log.append(partition, { bytes, stampTime: true });
    // Its batches have no producer id, so none is a duplicate.
    if (outcome.kind !== 'appended' && outcome.kind !== 'duplicate') {
      return commitErrorOf(errorOf(outcome.kind));
    }
    for (const { topic, partition: number, committed } of changes) {
      this.apply({ group, topic, partition: number }, committed);
    }
    return 'NONE';
  }

  deleteGroup(group: string): Promise<KafkaError> {
    const changes = [...this.of(group)].flatMap(([topic, partitions]) =>
      [...partitions.keys()].map((partition) => ({ topic, partition, committed: undefined })),
    );
    return this.commit(group, changes);
  }

  /** A topic is gone; one that takes its name later begins anew. */
  async deleteTopic(topic: string): Promise<void> {
    for (const [group, topics] of this.groups) {
      const partitions = [...(topics.get(topic)?.keys() ?? [])];
      await this.commit(
        group,
        partitions.map((partition) => ({ topic, partition, committed: undefined })),
      );
    }
  }

  private async replay(partition: Partition): Promise<void> {
    for (let offset = partition.logStart; offset < partition.highWatermark;) {
      const outcome = await partition.read(offset, REPLAY_BYTES);
      if (outcome.kind === 'damaged') {
        // What was committed there is lost: the groups go on from the commits before, and read again.
        offset = outcome.range.endOffset;
        continue;
      }
      if (outcome.kind !== 'batches') throw new Error(`cannot read ${OFFSETS_TOPIC} at ${offset}`);
      for (let at = 0; at < outcome.bytes.length;) {
        const header = readBatchHeader(outcome.bytes, at);
        if (header === undefined) throw new Error(`no batch in ${OFFSETS_TOPIC} at ${offset}`);
        for (const record of readRecords(outcome.bytes.subarray(at, at + header.size))) {
          const decoded = decodeOffset(record);
          if (decoded !== undefined) this.apply(decoded.key, decoded.committed);
        }
        at += header.size;
        offset = header.baseOffset + BigInt(header.count);
      }
    }
  }

  private apply(
    { group, topic, partition }: OffsetKey,
    committed: CommittedOffset | undefined,
  ): void {
    const topics = this.groups.get(group) ?? new Map<string, Partitions>();
    const partitions = topics.get(topic) ?? (new Map() as Partitions);
    if (committed === undefined) partitions.delete(partition);
    else partitions.set(partition, committed);
    if (partitions.size > 0) topics.set(topic, partitions);
    else topics.delete(topic);
    if (topics.size > 0) this.groups.set(group, topics);
    else this.groups.delete(group);
  }
}

async function offsetsTopic(log: SegmentLog): Promise<Topic> {
  const found = log.topic(OFFSETS_TOPIC);
  if (found !== undefined) return found;
  const configs = { 'cleanup.policy': 'compact' };
  const outcome = await log.createTopic({ name: OFFSETS_TOPIC, partitions: PARTITIONS, configs });
  if (outcome.kind === 'created') return outcome.topic;
  throw new Error(`cannot make ${OFFSETS_TOPIC}: ${outcome.kind}`);
}

/** As Apache Kafka places groups: the hash of a Java string, without its sign, modulo partitions. */
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
