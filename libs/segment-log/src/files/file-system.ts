/** An open file of the log. Positions and lengths are in bytes. Failures are Node's system errors. */
export interface LogFile {
  /**
   * Writes all buffers one after the other from `position` on. Resolves with the number of bytes
   * written, which at a full disk is smaller than asked, without an error.
   */
  write(buffers: readonly Buffer[], position: number): Promise<number>;
  /** Fills `into` from `position` on; resolves with less than its length only at the end of the file. */
  read(into: Buffer, position: number): Promise<number>;
  /** Resolves when content and size are on the disk. After a failure nothing is known of either. */
  datasync(): Promise<void>;
  truncate(size: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** A folder that nobody else may use. */
export interface Lock {
  /** Others may take the folder from now on. */
  release(): void;
}

/** What the log needs of a file system; a failing disk is another implementation. */
export interface FileSystem {
  /** Makes the folder where there is none. Throws when another process, or this one, holds it. */
  lock(folder: string): Lock;
  /** `create`: the file is new, or emptied. `change`, `read`: it is there. */
  open(path: string, mode: 'create' | 'change' | 'read'): Promise<LogFile>;
  /** Names in a folder, in no order. */
  list(folder: string): Promise<string[]>;
  /** With its parents; nothing happens when it is there. */
  makeFolder(path: string): Promise<void>;
  /** undefined when there is no such file. */
  readText(path: string): Promise<string | undefined>;
  rename(from: string, to: string): Promise<void>;
  /** A file, or a folder with all that is in it; nothing happens when it is not there. */
  remove(path: string): Promise<void>;
  /** Resolves when the names in the folder are on the disk. */
  syncFolder(path: string): Promise<void>;
  /** Bytes that this process may still write to the disk of a folder. */
  freeBytes(folder: string): Promise<number>;
}

/** The disk, what is left of a quota, or the descriptors are used up: nothing is broken, and waiting may help. */
export function isStorageFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' || isOutOfDescriptors(error);
}

/** This process, or the machine, has no more descriptors: others are given back soon. */
export function isOutOfDescriptors(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EMFILE' || code === 'ENFILE';
}

/** There is no such file. */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** The disk cannot give back what it has there. */
export function isUnreadable(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EIO';
}
