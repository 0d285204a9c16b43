import { join } from 'node:path';
import { CommitLoop, type AppendOutcome, type CommitLoopOptions } from './commit/commit-loop.js';
import type { FileSystem } from './files/file-system.js';
import { FolderLock } from './files/folder-lock.js';
import { nodeFileSystem } from './files/node-file-system.js';
import { removeUnfinished } from './files/replace-file.js';
import { readOrMakeLogId } from './log-identity.js';
import type { CutTail } from './partition/open-partition.js';
import type { NewBatch, Partition } from './partition/partition.js';
import { ProducerIds } from './producers/producer-ids.js';
import type { ProducerLimits } from './producers/producer-states.js';
import { TopicStore, type CreateOutcome } from './topics/topic-store.js';
import type { Topic } from './topics/topic.js';
import type { TopicDefinition } from './topics/topic-file.js';

export interface SegmentLogOptions extends CommitLoopOptions {
  /** Holds everything; used by one process at a time. */
  readonly folder: string;
  /** A segment that would grow past this is followed by a new one. */
  readonly segmentBytes: number;
  /** Bounds what is remembered of idempotent producers. */
  readonly producers?: ProducerLimits;
  /** The file system of this machine when absent. */
  readonly files?: FileSystem;
}

const DEFAULT_PRODUCERS: ProducerLimits = { maxProducers: 1000, expiryMs: 86_400_000 };

/**
 * A durable log of topics, each of a fixed number of partitions, in one folder. What is acknowledged
 * or can be read is on the disk. The layout is in docs/formats/segment-log.md.
 */
export class SegmentLog {
  private topicChange: Promise<unknown> = Promise.resolve();

  private constructor(
    /** Made with the log, kept for ever. */
    readonly id: string,
    /** Torn tails that were cut off when it was opened. */
    readonly cutTails: readonly CutTail[],
    private readonly store: TopicStore,
    private readonly loop: CommitLoop,
    private readonly ids: ProducerIds,
    private readonly lock: FolderLock,
  ) {}

  /** Throws DamagedLog, and when another process uses the folder. */
  static async open(options: SegmentLogOptions): Promise<SegmentLog> {
    const { folder, segmentBytes, files = nodeFileSystem, now } = options;
    const { producers = DEFAULT_PRODUCERS } = options;
    const lock = FolderLock.take(folder);
    try {
      await removeUnfinished(files, folder);
      const topics = join(folder, 'topics');
      await files.makeFolder(topics);
      const isNew = async () => (await files.list(topics)).length === 0;
      const id = await readOrMakeLogId(files, folder, isNew);
      const store = new TopicStore(files, topics, segmentBytes, producers, now);
      const cutTails = await store.open();
      const ids = await ProducerIds.open(files, folder, now);
      return new SegmentLog(id, cutTails, store, new CommitLoop(options), ids, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  topics(): readonly Topic[] {
    return this.store.all();
  }

  topic(name: string): Topic | undefined {
    return this.store.get(name);
  }

  /** `name` is one that isTopicName takes. */
  createTopic(wanted: Omit<TopicDefinition, 'id'>): Promise<CreateOutcome> {
    return this.changeTopics(() => this.store.create(wanted));
  }

  /** False: there is none. Appends that wait for it are decided before. */
  deleteTopic(name: string): Promise<boolean> {
    return this.changeTopics(async () => {
      const topic = this.store.get(name);
      if (topic === undefined) return false;
      await this.loop.exclusively(() => this.store.delete(topic));
      return true;
    });
  }

  /** Grows a topic to `count` partitions; those there are keep their records. */
  addPartitions(
    name: string,
    count: number,
  ): Promise<'added' | 'unknown_topic' | 'not_more' | 'storage_full'> {
    return this.changeTopics(async () => {
      const topic = this.store.get(name);
      if (topic === undefined) return 'unknown_topic';
      if (count <= topic.partitions.length) return 'not_more';
      return (await this.store.addPartitions(topic, count)) ? 'added' : 'storage_full';
    });
  }

  /** Replaces all settings of a topic. False: the disk is full, or the topic was deleted meanwhile. */
  configureTopic(topic: Topic, configs: Readonly<Record<string, string>>): Promise<boolean> {
    return this.changeTopics(async () => {
      if (this.store.get(topic.name) !== topic) return false;
      return this.store.configure(topic, configs);
    });
  }

  /** Resolves when the batch is durable, or refused; batches of one partition keep their order. */
  append(partition: Partition, batch: NewBatch): Promise<AppendOutcome> {
    return this.loop.append(partition, batch);
  }

  /** An id for an idempotent producer, never given before. undefined: the disk is full. */
  newProducerId(): Promise<bigint | undefined> {
    return this.ids.take();
  }

  /** Forgets the records before `offset`. `out_of_range`: the high watermark is below it, or it is closed. */
  deleteRecordsBefore(
    partition: Partition,
    offset: bigint,
  ): Promise<'deleted' | 'out_of_range' | 'storage_full'> {
    return this.loop.exclusively(async () => {
      if (!partition.isOpen || offset > partition.highWatermark) return 'out_of_range';
      return (await partition.deleteRecordsBefore(offset)) ? 'deleted' : 'storage_full';
    });
  }

  /** What is appended to a partition from now on goes into a new segment. */
  endSegment(partition: Partition): Promise<'ended' | 'closed' | 'storage_full'> {
    return this.loop.exclusively(async () => {
      if (!partition.isOpen) return 'closed';
      return (await partition.endSegment()) ? 'ended' : 'storage_full';
    });
  }

  /** What was appended is decided first; then the files are closed and others may open the folder. */
  async close(): Promise<void> {
    await this.topicChange;
    await this.loop.close();
    await this.store.close();
    this.lock.release();
  }

  /** One after the other: two that create the same topic must not meet. */
  private changeTopics<T>(change: () => Promise<T>): Promise<T> {
    const result = this.topicChange.then(change);
    this.topicChange = result.catch(() => undefined);
    return result;
  }
}
