import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DamagedLog } from '../files/damaged-log.js';
import { isStorageFull } from '../files/file-system.js';
import { removeUnfinished } from '../files/replace-file.js';
import type { Mark } from '../marks/mark-file.js';
import { makePartition, openPartition } from '../partition/open-partition.js';
import type { PartitionParts } from '../partition/partition-parts.js';
import { Partition } from '../partition/partition.js';
import type { CutTail } from '../recovery/cut-tail.js';
import { readTopicFile, writeTopicFile, type TopicDefinition } from './topic-file.js';
import { Topic } from './topic.js';

/** Begins the name of a folder that is being made or removed; no topic's name has it. */
const IN_WORK = '~';
/** Kafka's rule for names; it also keeps them inside the folder. */
const NAME = /^[a-zA-Z0-9._-]{1,249}$/;

/** Whether a topic may have this name: it is that of a folder too. */
export function isTopicName(name: string): boolean {
  return NAME.test(name) && name !== '.' && name !== '..';
}

/** A topic that is there, and whose description is not what was written: nothing of it is opened or changed. */
export interface ClosedTopic {
  readonly name: string;
  readonly reason: DamagedLog;
}

/** What became of the making of a topic. */
export type CreateOutcome =
  | { readonly kind: 'created'; readonly topic: Topic }
  | { readonly kind: 'exists' }
  | { readonly kind: 'storage_full' };

/**
 * The folders of the topics. One is made and removed under another name and renamed as a whole: after
 * a crash a topic is there with all of its partitions, or not at all.
 */
export class TopicStore {
  private readonly topics = new Map<string, Topic>();
  private readonly closedTopics = new Map<string, ClosedTopic>();

  constructor(
    private readonly parts: PartitionParts,
    private readonly folder: string,
    /** What was cut off and held whole batches. */
    private readonly quarantineFolder: string,
  ) {}

  /** Opens all topics but those whose description is damaged; resolves with the torn tails that were cut off. */
  async open(marks: readonly Mark[]): Promise<CutTail[]> {
    const { files } = this.parts;
    await files.makeFolder(this.folder);
    const cuts: CutTail[] = [];
    for (const name of (await files.list(this.folder)).toSorted()) {
      const path = join(this.folder, name);
      if (name.startsWith(IN_WORK)) {
        await files.remove(path);
        continue;
      }
      await removeUnfinished(files, path);
      const definition = await this.definitionOf(name, path);
      if (definition === undefined) continue;
      cuts.push(...(await this.openTopic(definition, marks)));
    }
    return cuts;
  }

  *partitions(): Generator<Partition> {
    for (const { partitions } of this.topics.values()) yield* partitions;
  }

  all(): readonly Topic[] {
    return [...this.topics.values()];
  }

  get(name: string): Topic | undefined {
    return this.topics.get(name);
  }

  closed(): readonly ClosedTopic[] {
    return [...this.closedTopics.values()];
  }

  /** Whether a topic has the name, open or closed. */
  has(name: string): boolean {
    return this.topics.has(name) || this.closedTopics.has(name);
  }

  async create(wanted: Omit<TopicDefinition, 'id'>): Promise<CreateOutcome> {
    const { files } = this.parts;
    if (this.has(wanted.name)) return { kind: 'exists' };
    const definition = { ...wanted, id: randomUUID().replaceAll('-', '') };
    const work = join(this.folder, `${IN_WORK}new-${definition.id}`);
    try {
      await files.makeFolder(work);
      for (let number = 0; number < wanted.partitions; number++) {
        await makePartition(files, join(work, String(number)));
      }
      if (!(await writeTopicFile(files, work, definition))) return await this.giveUp(work);
    } catch (error) {
      if (!isStorageFull(error)) throw error;
      return this.giveUp(work);
    }
    await files.rename(work, join(this.folder, wanted.name));
    await files.syncFolder(this.folder);
    await this.openTopic(definition, []);
    const topic = this.topics.get(wanted.name);
    if (topic === undefined) throw new Error('a topic that was made is not there');
    return { kind: 'created', topic };
  }

  /**
   * Makes it `count` partitions, which are more than there are. They count once the description names
   * them: folders that an interrupted call left are made anew. False: the disk is full.
   */
  async addPartitions(topic: Topic, count: number): Promise<boolean> {
    const { files } = this.parts;
    const folder = join(this.folder, topic.name);
    const definition = { ...topic.definition, partitions: count };
    try {
      for (let number = topic.partitions.length; number < count; number++) {
        await files.remove(join(folder, String(number)));
        await makePartition(files, join(folder, String(number)));
      }
      await files.syncFolder(folder);
      if (!(await writeTopicFile(files, folder, definition))) return false;
    } catch (error) {
      if (!isStorageFull(error)) throw error;
      return false;
    }
    const added: Partition[] = [];
    for (let number = topic.partitions.length; number < count; number++) {
      added.push((await this.openPartition(definition, number, [])).partition);
    }
    topic.redefine(definition, added);
    return true;
  }

  /** Resolves when the topic is durably gone, with what is left of it: that is to be removed. */
  async delete(topic: Topic): Promise<string> {
    const { files, writer } = this.parts;
    const work = join(this.folder, `${IN_WORK}deleted-${topic.id}`);
    // Nobody finds it from now on: its files are closed.
    this.topics.delete(topic.name);
    await Promise.all(topic.partitions.map((partition) => partition.close()));
    // What is being written there has an end, and nothing else begins.
    await writer.run(async () => undefined);
    await files.rename(join(this.folder, topic.name), work);
    await files.syncFolder(this.folder);
    return work;
  }

  /** False: the disk is full, and nothing has changed. */
  async configure(topic: Topic, configs: Readonly<Record<string, string>>): Promise<boolean> {
    const definition = { ...topic.definition, configs };
    const path = join(this.folder, topic.name);
    if (!(await writeTopicFile(this.parts.files, path, definition))) return false;
    topic.redefine(definition);
    return true;
  }

  async close(): Promise<void> {
    for (const partition of this.partitions()) {
      await partition.saveProducers();
      await partition.close();
    }
  }

  /** undefined: it is damaged, and the topic closed. */
  private async definitionOf(name: string, path: string): Promise<TopicDefinition | undefined> {
    try {
      const definition = await readTopicFile(this.parts.files, path);
      if (definition.name === name) return definition;
      throw new DamagedLog(path, undefined, `it says that it is topic ${definition.name}`);
    } catch (reason) {
      if (!(reason instanceof DamagedLog)) throw reason;
      this.closedTopics.set(name, { name, reason });
      return undefined;
    }
  }

  private async openTopic(definition: TopicDefinition, marks: readonly Mark[]): Promise<CutTail[]> {
    const cuts: CutTail[] = [];
    const partitions: Partition[] = [];
    for (let number = 0; number < definition.partitions; number++) {
      const { partition, cut } = await this.openPartition(definition, number, marks);
      if (cut !== undefined) cuts.push(cut);
      partitions.push(partition);
    }
    this.topics.set(definition.name, new Topic(definition, partitions));
    return cuts;
  }

  private async openPartition(
    { id: topicId, name, configs }: TopicDefinition,
    number: number,
    marks: readonly Mark[],
  ) {
    const folder = join(this.folder, name, String(number));
    const partitionId = { topicId, partition: number };
    const opened = await openPartition({
      ...this.parts,
      folder,
      partitionId,
      mark: marks.find((mark) => mark.topicId === topicId && mark.partition === number),
      quarantine: { folder: this.quarantineFolder, name: `${name}-${number}` },
    });
    const segmentBytes = () => this.parts.segmentBytes(this.topics.get(name)?.configs ?? configs);
    const partition = new Partition(this.parts, partitionId, folder, opened, segmentBytes);
    return { partition, cut: opened.cut };
  }

  private async giveUp(work: string): Promise<CreateOutcome> {
    await this.parts.files.remove(work);
    return { kind: 'storage_full' };
  }
}
