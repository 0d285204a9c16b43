import { join } from 'node:path';
import type { BackgroundWriter } from '../files/background-writer.js';
import { isMissing, isStorageFull, type FileSystem, type LogFile } from '../files/file-system.js';
import { readFile } from '../files/read-file.js';
import { decodeMarks, encodeMarks, type Mark, type MarkSet } from './mark-file.js';

/** Written in turn: while one may be torn, the other is whole. */
export const MARK_FILES = ['marks-0', 'marks-1'] as const;

/**
 * Writes the marks of all partitions in the background, for the next start. Nothing waits for it:
 * marks that lag promise less, never too much.
 */
export class MarkKeeper {
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  private constructor(
    private readonly logId: string,
    private readonly handles: readonly LogFile[],
    private sequence: bigint,
    private readonly writer: BackgroundWriter,
    /** Least time between two writes: how far marks lag behind the log. */
    private readonly intervalMs: number,
    private readonly current: () => readonly Mark[],
  ) {}

  /** `found`: what readMarks has found; `current` gives the marks of now. */
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

  /** Something became durable. */
  wake(): void {
    if (this.isClosed || this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.flush();
    }, this.intervalMs);
    this.timer.unref();
  }

  /** Resolves when the marks of now are written. */
  flush(): Promise<void> {
    return this.writer.run(() => this.write());
  }

  /** What is to be written comes before. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await this.writer.stop();
    await Promise.all(this.handles.map((handle) => handle.close()));
  }

  /** At a full disk the marks stay as they are, which is true still. */
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

/** The newest whole marks; undefined where there are none of this log. */
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

async function openOrMake(files: FileSystem, path: string): Promise<LogFile> {
  try {
    return await files.open(path, 'change');
  } catch (error) {
    if (isMissing(error)) return files.open(path, 'create');
    throw error;
  }
}
