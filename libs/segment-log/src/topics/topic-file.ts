import { join } from 'node:path';
import { parseCheckedJson, toCheckedJson } from '../files/checked-json.js';
import { DamagedLog } from '../files/damaged-log.js';
import type { FileSystem } from '../files/file-system.js';
import { replaceFile } from '../files/replace-file.js';

const FILE = 'topic.json';
const FORMAT_VERSION = 1;

/** Settings of a topic that differ from the defaults; their meaning is the caller's. */
export type TopicConfigs = Readonly<Record<string, string>>;

/** What a topic is, apart from its records. */
export interface TopicDefinition {
  readonly name: string;
  /** Unique for ever, also where a name is used again: 32 hexadecimal digits. */
  readonly id: string;
  readonly partitions: number;
  readonly configs: TopicConfigs;
}

/** False: the disk is full. */
export function writeTopicFile(
  files: FileSystem,
  folder: string,
  definition: TopicDefinition,
): Promise<boolean> {
  return replaceFile(
    files,
    join(folder, FILE),
    toCheckedJson({ formatVersion: FORMAT_VERSION, ...definition }),
  );
}

/** What the topic in a folder is. Throws DamagedLog where that cannot be read. */
export async function readTopicFile(files: FileSystem, folder: string): Promise<TopicDefinition> {
  const path = join(folder, FILE);
  const damaged = (detail: string) => new DamagedLog(path, undefined, detail);
  const text = await files.readText(path);
  if (text === undefined) throw damaged('it is missing');
  let content: Partial<TopicDefinition> & { readonly formatVersion?: number };
  try {
    content = parseCheckedJson(text) as typeof content;
  } catch (error) {
    throw damaged(String(error));
  }
  const { formatVersion, name, id, partitions, configs } = content;
  if (formatVersion !== FORMAT_VERSION) {
    throw damaged(`expected format version ${FORMAT_VERSION}, got ${formatVersion}`);
  }
  if (name === undefined || id === undefined || !Number.isInteger(partitions)) {
    throw damaged('a field is missing');
  }
  return { name, id, partitions: partitions ?? 0, configs: configs ?? {} };
}
