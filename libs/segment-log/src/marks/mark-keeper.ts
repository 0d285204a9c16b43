import { join } from 'node:path';
import type { BackgroundWriter } from '../files/background-writer.js';
import { isMissing, isStorageFull, type FileSystem, type LogFile } from '../files/file-system.js';
import { readFile } from '../files/read-file.js';
import { decodeMarks, encodeMarks, logIdOf, type Mark, type MarkSet } from './mark-file.js';

/** The two files are written in turn: when the power goes while one is written, the other is whole. */
export const MARK_FILES = ['marks-0', 'marks-1'] as const;

/**
 * Writes down, in the background, up to where each partition is durable: its mark, which the next start
 * reads. No append waits for that. A mark may be older than the log; then it says that less is durable
 * than is, which is true too.
 */
export class MarkKeeper {
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  private constructor(
    private readonly logId: string,
    private readonly handles: readonly LogFile[],
    private sequence: bigint,
    private readonly writer: BackgroundWriter,
    /** How long at least one write comes after the other, and so how old a mark may be. */
    private readonly intervalMs: number,
    private readonly current: () => readonly Mark[],
  ) {}

  /** `found`: what readMarks has read; its sequence goes on. `current`: the marks as they are now. */
  static async open(
    files: FileSystem,
    folder: string,
    { logId, found }: { readonly logId: string; readonly found: MarkSet | undefined },
    writer: BackgroundWriter,
    intervalMs: number,
    current: () => readonly Mark[],
  ): Promise<MarkKeeper> {
    const handles: LogFile[] = [];
    for (const name of MARK_FILES) handles.push(await openOrMake(files, join(folder, name)));
    await files.syncFolder(folder);
    const sequence = found?.sequence ?? 0n;
    return new MarkKeeper(logId, handles, sequence, writer, intervalMs, current);
  }

  /** More has become durable: it is written down within `intervalMs`. */
  wake(): void {
    if (this.isClosed || this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.flush();
    }, this.intervalMs);
    this.timer.unref();
  }

  /** Writes the marks as they are now; resolves when that is durable. */
  flush(): Promise<void> {
    return this.writer.run(() => this.write());
  }

  /** Whatever was asked to be written is written before. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await this.writer.stop();
    await Promise.all(this.handles.map((handle) => handle.close()));
  }

  /** When the disk is full the marks before stay; they are still true. */
  private async write(): Promise<void> {
    const next = this.sequence + 1n;
    const file = this.handles[Number(next % 2n)];
    if (file === undefined) throw new Error('expected two files of marks');
    const bytes = encodeMarks(this.logId, { sequence: next, marks: this.current() });
    try {
      if ((await file.write([bytes], 0)) !== bytes.length) return;
    } catch (error) {
      if (isStorageFull(error)) return;
      throw error;
    }
    await file.datasync();
    this.sequence = next;
  }
}

/** The marks with the highest sequence of the two files; undefined where neither has whole ones of this log. */
export async function readMarks(
  files: FileSystem,
  folder: string,
  logId: string,
): Promise<MarkSet | undefined> {
  let newest: MarkSet | undefined;
  for (const name of MARK_FILES) {
    const bytes = await readFile(files, join(folder, name));
    const marks = bytes === undefined ? undefined : decodeMarks(logId, bytes);
    if (marks !== undefined && marks.sequence > (newest?.sequence ?? -1n)) newest = marks;
  }
  return newest;
}

/** Whose marks are here; undefined: there are none that are whole. */
export async function logIdInMarks(files: FileSystem, folder: string): Promise<string | undefined> {
  for (const name of MARK_FILES) {
    const bytes = await readFile(files, join(folder, name));
    const id = bytes && logIdOf(bytes);
    if (id !== undefined) return id;
  }
  return undefined;
}

async function openOrMake(files: FileSystem, path: string): Promise<LogFile> {
  try {
    return await files.open(path, 'change');
  } catch (error) {
    if (isMissing(error)) return files.open(path, 'create');
    throw error;
  }
}
