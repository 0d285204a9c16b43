import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { parseCheckedJson, toCheckedJson } from './files/checked-json.js';
import { DamagedLog } from './files/damaged-log.js';
import type { FileSystem } from './files/file-system.js';
import { replaceFile } from './files/replace-file.js';

const FILE = 'log.json';
const FORMAT_VERSION = 1;

/**
 * The id of the log, made with it: 22 characters, the Kafka form of a cluster id. `isNew` is asked
 * when there is none: a log that has topics and lost its identity is damaged, not new.
 */
export async function readOrMakeLogId(
  files: FileSystem,
  folder: string,
  isNew: () => Promise<boolean>,
): Promise<string> {
  const path = join(folder, FILE);
  const text = await files.readText(path);
  if (text !== undefined) return parse(path, text);
  if (!(await isNew()))
    throw new DamagedLog(path, undefined, 'it is missing, and there are topics');
  const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
  const content = toCheckedJson({ formatVersion: FORMAT_VERSION, id });
  if (!(await replaceFile(files, path, content))) throw new Error(`the disk of ${folder} is full`);
  return id;
}

/** The id of a log that is there. Throws DamagedLog. */
export async function readLogId(files: FileSystem, folder: string): Promise<string> {
  const path = join(folder, FILE);
  const text = await files.readText(path);
  if (text === undefined) throw new DamagedLog(path, undefined, 'it is missing');
  return parse(path, text);
}

function parse(path: string, text: string): string {
  try {
    const { formatVersion, id } = parseCheckedJson(text) as Record<string, unknown>;
    if (formatVersion === FORMAT_VERSION && typeof id === 'string') return id;
    throw new Error(`expected format version ${FORMAT_VERSION}, got ${String(formatVersion)}`);
  } catch (error) {
    throw new DamagedLog(path, undefined, String(error));
  }
}
