import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { parseCheckedJson, toCheckedJson } from './files/checked-json.js';
import { DamagedLog } from './files/damaged-log.js';
import type { FileSystem } from './files/file-system.js';
import { replaceFile } from './files/replace-file.js';
import { logIdInMarks } from './marks/mark-keeper.js';

const FILE = 'log.json';
const FORMAT_VERSION = 1;

/** Which log it is. */
export interface LogIdentity {
  /** Made with the log: 22 characters, the Kafka form of a cluster id. */
  readonly id: string;
  /** Why its file was written anew; undefined: it was not. */
  readonly mended: DamagedLog | undefined;
}

/**
 * `isNew` is asked when there is no identity: a log that has topics and lost it is damaged, not new. Its
 * marks say which log it is too, and what they say is written down again. Throws DamagedLog without them.
 */
export async function readOrMakeLogId(
  files: FileSystem,
  folder: string,
  isNew: () => Promise<boolean>,
): Promise<LogIdentity> {
  const path = join(folder, FILE);
  const text = await files.readText(path);
  if (text === undefined && (await isNew())) {
    const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
    if (!(await write(files, path, id))) throw new Error(`the disk of ${folder} is full`);
    return { id, mended: undefined };
  }
  try {
    return { id: await readLogId(files, folder), mended: undefined };
  } catch (mended) {
    if (!(mended instanceof DamagedLog) || isOfAnotherVersion(text)) throw mended;
    const id = await logIdInMarks(files, folder);
    if (id === undefined) throw mended;
    // On a full disk the next start does that.
    await write(files, path, id);
    return { id, mended };
  }
}

function write(files: FileSystem, path: string, id: string): Promise<boolean> {
  return replaceFile(files, path, toCheckedJson({ formatVersion: FORMAT_VERSION, id }));
}

/** A later version may know of more than an id: its file stays as it is. */
function isOfAnotherVersion(text: string | undefined): boolean {
  try {
    const { formatVersion } = parseCheckedJson(text ?? '') as { readonly formatVersion?: unknown };
    return formatVersion !== FORMAT_VERSION;
  } catch {
    return false;
  }
}

/** The id of a log that is there. Throws DamagedLog. */
export async function readLogId(files: FileSystem, folder: string): Promise<string> {
  const path = join(folder, FILE);
  const text = await files.readText(path);
  if (text === undefined)
    throw new DamagedLog(path, undefined, 'it is missing, and there are topics');
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
