import { join } from 'node:path';
import type { FileSystem } from '../files/file-system.js';
import { readTopicFile, type TopicDefinition } from '../topics/topic-file.js';

/** A partition of a log that is looked at from outside. */
export interface PartitionFolder {
  readonly topic: TopicDefinition;
  readonly partition: number;
  readonly folder: string;
}

/** Names of topics that are there; not those that are being made or removed. */
export async function topicNames(files: FileSystem, logFolder: string): Promise<string[]> {
  const names = await files.list(join(logFolder, 'topics'));
  return names.filter((name) => !name.startsWith('~')).toSorted();
}

/** Throws DamagedLog where the description cannot be read. */
export async function partitionFolders(
  files: FileSystem,
  logFolder: string,
  topicName: string,
): Promise<PartitionFolder[]> {
  const topicFolder = join(logFolder, 'topics', topicName);
  const topic = await readTopicFile(files, topicFolder);
  return Array.from({ length: topic.partitions }, (_, partition) => ({
    topic,
    partition,
    folder: join(topicFolder, String(partition)),
  }));
}
