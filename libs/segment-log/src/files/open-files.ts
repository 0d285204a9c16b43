import { DamagedLog } from './damaged-log.js';
import { isMissing, type FileSystem, type LogFile } from './file-system.js';
import { patiently } from './patiently.js';

/** A file that has a descriptor only while it is in use, and for some time afterwards. */
export interface HeldFile extends LogFile {
  /**
   * Opens it, if need be, before `act` runs, and does not close it before that ends: its name may change
   * meanwhile. Throws MissingFile.
   */
  hold<T>(act: () => Promise<T>): Promise<T>;
  /** Where it is found from now on. */
  movedTo(path: string): void;
  /** Resolves when it is not being opened by its name any more. */
  settled(): Promise<void>;
}

/** The file was there, and nobody of this log has removed it. */
export class MissingFile extends DamagedLog {
  constructor(path: string) {
    super(path, undefined, 'the file is missing');
  }
}

/**
 * Keeps a bounded number of files open: with more, those that were used least lately are closed, and
 * opened again by their names when somebody needs them. Those that are in use, or hold what is not
 * synced yet, stay: a failure to write it is told to who has the file open, and perhaps to nobody else.
 */
export class OpenFiles {
  /** Open and not in use, the one that was used least lately first. */
  private readonly idle = new Set<ReopenedFile>();
  private count = 0;

  constructor(
    private readonly files: FileSystem,
    private readonly maxOpen: number,
  ) {}

  /** Files that have a descriptor. */
  get openCount(): number {
    return this.count;
  }

  /** A new file, or one that is emptied. */
  async create(path: string): Promise<HeldFile> {
    const handle = await this.open(path, 'create');
    const file = new ReopenedFile(this, path, 'change', handle);
    await this.rest(file);
    return file;
  }

  /** A file that is there. */
  existing(path: string, mode: 'change' | 'read' = 'change'): HeldFile {
    return new ReopenedFile(this, path, mode, undefined);
  }

  /** Without a descriptor those that rest give theirs up; then it waits a little for others. */
  async open(path: string, mode: 'create' | 'change' | 'read'): Promise<LogFile> {
    const handle = await patiently(
      () => this.files.open(path, mode),
      () => this.closeIdle(0),
    );
    this.count += 1;
    return handle;
  }

  async close(handle: LogFile): Promise<void> {
    this.count -= 1;
    await handle.close();
  }

  /** It is in use. */
  wake(file: ReopenedFile): void {
    this.idle.delete(file);
  }

  /** It is open and not in use: with too many others that are open, one of them is closed. */
  rest(file: ReopenedFile): Promise<void> | undefined {
    this.idle.add(file);
    return this.count > this.maxOpen ? this.closeIdle(this.maxOpen) : undefined;
  }

  private async closeIdle(left: number): Promise<void> {
    for (const file of this.idle) {
      if (this.count <= left) return;
      this.idle.delete(file);
      await file.giveUp();
    }
  }
}

class ReopenedFile implements HeldFile {
  private opening: Promise<LogFile> | undefined;
  private users = 0;
  private isDirty = false;
  private isClosed = false;

  constructor(
    private readonly all: OpenFiles,
    private path: string,
    private readonly mode: 'change' | 'read',
    private handle: LogFile | undefined,
  ) {}

  write(buffers: readonly Buffer[], position: number): Promise<number> {
    return this.use((file) => {
      this.isDirty = true;
      return file.write(buffers, position);
    });
  }

  read(into: Buffer, position: number): Promise<number> {
    return this.use((file) => file.read(into, position));
  }

  datasync(): Promise<void> {
    return this.use(async (file) => {
      await file.datasync();
      this.isDirty = false;
    });
  }

  truncate(size: number): Promise<void> {
    return this.use((file) => {
      this.isDirty = true;
      return file.truncate(size);
    });
  }

  size(): Promise<number> {
    return this.use((file) => file.size());
  }

  hold<T>(act: () => Promise<T>): Promise<T> {
    return this.use(act);
  }

  movedTo(path: string): void {
    this.path = path;
  }

  async settled(): Promise<void> {
    await this.opening?.catch(() => undefined);
  }

  /** What is in use is closed afterwards. */
  async close(): Promise<void> {
    this.isClosed = true;
    if (this.users > 0) return;
    this.all.wake(this);
    await this.giveUp();
  }

  async giveUp(): Promise<void> {
    const { handle } = this;
    this.handle = undefined;
    if (handle !== undefined) await this.all.close(handle);
  }

  private async use<T>(act: (file: LogFile) => Promise<T>): Promise<T> {
    this.users += 1;
    this.all.wake(this);
    try {
      return await act(this.handle ?? (await this.reopen()));
    } finally {
      this.users -= 1;
      if (this.users === 0) await this.afterUse();
    }
  }

  private afterUse(): Promise<void> | undefined {
    if (this.isClosed) return this.giveUp();
    if (this.handle === undefined || this.isDirty) return undefined;
    return this.all.rest(this);
  }

  private reopen(): Promise<LogFile> {
    this.opening ??= this.openByName().finally(() => (this.opening = undefined));
    return this.opening;
  }

  private async openByName(): Promise<LogFile> {
    try {
      this.handle = await this.all.open(this.path, this.mode);
      return this.handle;
    } catch (error) {
      throw isMissing(error) ? new MissingFile(this.path) : error;
    }
  }
}
