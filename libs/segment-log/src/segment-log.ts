import { join } from 'node:path';
import { DAY_MS } from '@tally/contracts';
import type { SegmentCopy } from './compaction/segment-copy.js';
import { CommitLoop, type AppendOutcome, type CommitLoopOptions } from './commit/commit-loop.js';
import { BackgroundWriter } from './files/background-writer.js';
import type { DamagedLog } from './files/damaged-log.js';
import type { FileSystem, Lock } from './files/file-system.js';
import { nodeFileSystem } from './files/node-file-system.js';
import { OpenFiles } from './files/open-files.js';
import { removeUnfinished } from './files/replace-file.js';
import { removeSlowly } from './files/remove-slowly.js';
import { readOrMakeLogId, type LogIdentity } from './log-identity.js';
import type { Mark } from './marks/mark-file.js';
import { MarkKeeper, readMarks } from './marks/mark-keeper.js';
import type { NewBatch } from './partition/appended-batches.js';
import type { Partition } from './partition/partition.js';
import { ProducerIds } from './producers/producer-ids.js';
import type { ProducerLimits } from './producers/producer-states.js';
import type { CutTail } from './recovery/cut-tail.js';
import type { DamagedRange } from './segment/damaged-range.js';
import type { PartitionId } from './segment/index-layout.js';
import type { Segment } from './segment/segment.js';
import { StoredIndexes } from './segment/stored-indexes.js';
import { Scrub, type ScrubOptions } from './scrub/scrub.js';
import { TopicStore, type ClosedTopic, type CreateOutcome } from './topics/topic-store.js';
import type { Topic } from './topics/topic.js';
import type { TopicConfigs, TopicDefinition } from './topics/topic-file.js';

/** Where a log lies, its bounds, and who is told of what happens. */
export interface SegmentLogOptions extends CommitLoopOptions {
  /** Holds everything; used by one process at a time. */
  readonly folder: string;
  /** A segment that would grow past this is followed by a new one. */
  readonly segmentBytes: number;
  /** Where the settings of a topic say less than `segmentBytes`; absent: none does. */
  readonly segmentBytesOf?: (configs: TopicConfigs) => number;
  /** How long at least one write of marks comes after the other, and so how old they may be. */
  readonly markIntervalMs: number;
  /** Absent: records are checked only when somebody reads them. */
  readonly scrub?: ScrubOptions;
  /** Damage was found while the log was open; what was found at start is in `damage()`. */
  readonly onDamage?: (damage: Damage) => void;
  /** Segments that have a descriptor while nobody reads or writes them; 1000 when absent. */
  readonly maxOpenSegments?: number;
  /** Bounds what is remembered of idempotent producers. */
  readonly producers?: ProducerLimits;
  /** The file system of this machine when absent. */
  readonly files?: FileSystem;
}

/** Records that cannot be read. */
export interface Damage extends DamagedRange {
  readonly topic: string;
  readonly partition: number;
}

const DEFAULT_OPEN_SEGMENTS = 1000;
const DEFAULT_PRODUCERS: ProducerLimits = { maxProducers: 1000, expiryMs: DAY_MS };

/**
 * A durable log of topics, each of a fixed number of partitions, in one folder. What is acknowledged
 * or can be read is on the disk. The layout is in docs/formats/segment-log.md.
 */
export class SegmentLog {
  private topicChange: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly identity: LogIdentity,
    /** Torn tails that were cut off when it was opened. */
    readonly cutTails: readonly CutTail[],
    private readonly store: TopicStore,
    private readonly loop: CommitLoop,
    private readonly writer: BackgroundWriter,
    private readonly remover: BackgroundWriter,
    private readonly files: FileSystem,
    private readonly openFiles: OpenFiles,
    private readonly marks: MarkKeeper,
    private readonly scrub: Scrub | undefined,
    private readonly ids: ProducerIds,
    private readonly lock: Lock,
  ) {}

  /** Throws DamagedLog where nobody can say which log it is, and an error when another process uses the folder. */
  static async open(options: SegmentLogOptions): Promise<SegmentLog> {
    const { folder, markIntervalMs, now, files = nodeFileSystem } = options;
    const { segmentBytes: most, segmentBytesOf = () => most } = options;
    const { producers = DEFAULT_PRODUCERS, maxOpenSegments = DEFAULT_OPEN_SEGMENTS } = options;
    const lock = files.lock(folder);
    try {
      await removeUnfinished(files, folder);
      const topics = join(folder, 'topics');
      await files.makeFolder(topics);
      const isNew = async () => (await files.list(topics)).length === 0;
      const identity = await readOrMakeLogId(files, folder, isNew);
      const { id } = identity;
      const found = await readMarks(files, folder, id);
      const writer = new BackgroundWriter((error) => loop.fail(error));
      const openFiles = new OpenFiles(files, maxOpenSegments);
      const parts = {
        files,
        openFiles,
        indexes: new StoredIndexes(files),
        writer,
        segmentBytes: (configs: TopicConfigs) => Math.min(most, segmentBytesOf(configs)),
        producers,
        now,
        onDamage: ({ topicId, partition }: PartitionId, range: DamagedRange) => {
          const topic = store.all().find((one) => one.id === topicId);
          options.onDamage?.({ topic: topic?.name ?? '', partition, ...range });
        },
      };
      const store = new TopicStore(parts, topics, join(folder, 'quarantine'));
      const cutTails = await store.open(found?.marks ?? []);
      // Of topics that are closed; they hold once these are mended.
      const ids = new Set(store.all().map((topic) => topic.id));
      const isClosed = ({ topicId }: Mark) => store.closed().length > 0 && !ids.has(topicId);
      const kept = (found?.marks ?? []).filter(isClosed);
      const current = () => [...[...store.partitions()].flatMap(({ mark }) => mark ?? []), ...kept];
      const known = { logId: id, found };
      const marks = await MarkKeeper.open(files, folder, known, writer, markIntervalMs, current);
      const loop = new CommitLoop({
        ...options,
        onCommit: (round) => {
          marks.wake();
          options.onCommit?.(round);
        },
      });
      const producerIds = await ProducerIds.open(files, folder, now);
      await marks.flush();
      for (const partition of store.partitions()) {
        void writer.run(() => partition.storeIndexes());
      }
      const settled = () => loop.exclusively(async () => undefined);
      const scrub =
        options.scrub && new Scrub(files, () => [...store.partitions()], settled, options.scrub);
      scrub?.start((error) => loop.fail(error));
      const remover = new BackgroundWriter((error) => loop.fail(error));
      const log = new SegmentLog(
        identity,
        cutTails,
        store,
        loop,
        writer,
        remover,
        files,
        openFiles,
        marks,
        scrub,
        producerIds,
        lock,
      );
      for (const partition of store.partitions())
        await log.deleteRecordsBefore(partition, partition.logStart);
      return log;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Made with the log, kept for ever. */
  get id(): string {
    return this.identity.id;
  }

  /** Why `log.json` was written anew when the log was opened; undefined: it was not. */
  get mendedIdentity(): DamagedLog | undefined {
    return this.identity.mended;
  }

  /** Segments that have a descriptor. */
  get openSegments(): number {
    return this.openFiles.openCount;
  }

  topics(): readonly Topic[] {
    return this.store.all();
  }

  /** Topics that are there and cannot be opened, until their description is mended and the log started again. */
  closedTopics(): readonly ClosedTopic[] {
    return this.store.closed();
  }

  /** Whether there is a topic of that name, open or closed. */
  hasTopic(name: string): boolean {
    return this.store.has(name);
  }

  topic(name: string): Topic | undefined {
    return this.store.get(name);
  }

  /** Records that cannot be read, of all topics. */
  damage(): readonly Damage[] {
    return this.topics().flatMap(({ name: topic, partitions }) =>
      partitions.flatMap(({ number: partition, damage }) =>
        damage.map((range) => ({ topic, partition, ...range })),
      ),
    );
  }

  /** `name` is one that isTopicName takes. */
  createTopic(wanted: Omit<TopicDefinition, 'id'>): Promise<CreateOutcome> {
    return this.changeTopics(async () => {
      const outcome = await this.store.create(wanted);
      // Its first records are marked from the beginning.
      if (outcome.kind === 'created') await this.marks.flush();
      return outcome;
    });
  }

  /**
   * False: there is none. Appends that wait for it are decided before. `onDeleted` runs in any case,
   * before another topic can take the name. Its files are removed meanwhile and afterwards.
   */
  deleteTopic(name: string, onDeleted?: () => Promise<void>): Promise<boolean> {
    return this.changeTopics(async () => {
      const topic = this.store.get(name);
      if (topic !== undefined)
        this.remove([await this.loop.exclusively(() => this.store.delete(topic))]);
      await onDeleted?.();
      return topic !== undefined;
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
      if (!(await this.store.addPartitions(topic, count))) return 'storage_full';
      await this.marks.flush();
      return 'added';
    });
  }

  /**
   * Replaces all settings of a topic by what `change` makes of those in force, one change after the
   * other; undefined: there is no change to make. `failed`: the disk is full, or the topic was deleted
   * meanwhile.
   */
  configureTopic(
    topic: Topic,
    change: (configs: TopicConfigs) => TopicConfigs | undefined,
  ): Promise<'configured' | 'unchanged' | 'failed'> {
    return this.changeTopics(async () => {
      if (this.store.get(topic.name) !== topic) return 'failed';
      const configs = change(topic.configs);
      if (configs === undefined) return 'unchanged';
      return (await this.store.configure(topic, configs)) ? 'configured' : 'failed';
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

  /** Forgets the records before `offset`; files are removed afterwards. `out_of_range`: the high watermark is below it, or it is closed. */
  deleteRecordsBefore(
    partition: Partition,
    offset: bigint,
  ): Promise<'deleted' | 'out_of_range' | 'storage_full'> {
    return this.loop.exclusively(async () => {
      if (!partition.isOpen || offset > partition.highWatermark) return 'out_of_range';
      const { logStart } = partition;
      const unwanted = await partition.deleteRecordsBefore(offset);
      if (unwanted === 'storage_full') return unwanted;
      this.remove(unwanted);
      if (partition.logStart > logStart) this.marks.wake();
      return 'deleted';
    });
  }

  /** What is appended to a partition from now on goes into a new segment. */
  endSegment(partition: Partition): Promise<'ended' | 'closed' | 'storage_full'> {
    return this.loop.exclusively(async () => {
      if (!partition.isOpen) return 'closed';
      return (await partition.endSegment()) ? 'ended' : 'storage_full';
    });
  }

  /** Replaces a segment by its copy, which is durable. False: the segment is gone. */
  replaceSegment(partition: Partition, segment: Segment, copy: SegmentCopy): Promise<boolean> {
    return this.loop.exclusively(async () => {
      let isReplaced = false;
      await this.writer.run(async () => {
        isReplaced = await partition.replace(segment, copy);
      });
      return isReplaced;
    });
  }

  /** What was appended is decided first; then the files are closed and others may open the folder. */
  async close(): Promise<void> {
    await this.topicChange;
    await this.scrub?.stop();
    await this.loop.close();
    for (const partition of this.store.partitions()) {
      void this.writer.run(() => partition.storeAllIndexes());
    }
    void this.marks.flush();
    await this.marks.close();
    await this.store.close();
    await this.remover.stop();
    this.lock.release();
  }

  /** What is not part of the log any more. What a crash leaves of it is removed by the next start. */
  private remove(paths: readonly string[]): void {
    if (paths.length > 0) void this.remover.run(() => removeSlowly(this.files, paths));
  }

  /** One after the other: two that create the same topic must not meet. */
  private changeTopics<T>(change: () => Promise<T>): Promise<T> {
    const result = this.topicChange.then(change);
    this.topicChange = result.catch(() => undefined);
    return result;
  }
}
