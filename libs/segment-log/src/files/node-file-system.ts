import {
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  statfs,
  type FileHandle,
} from 'node:fs/promises';
import type { FileSystem, LogFile } from './file-system.js';
import { FolderLock } from './folder-lock.js';
import { patiently } from './patiently.js';

const FLAGS = { create: 'w+', change: 'r+', read: 'r' } as const;

/** The file system of this machine. */
export const nodeFileSystem: FileSystem = {
  lock: (folder) => FolderLock.take(folder),
  async open(path, mode) {
    return new NodeLogFile(await open(path, FLAGS[mode]));
  },
  list: (folder) => patiently(() => readdir(folder)),
  async makeFolder(path) {
    await mkdir(path, { recursive: true });
  },
  async readText(path) {
    try {
      return await patiently(() => readFile(path, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  },
  rename: (from, to) => rename(from, to),
  remove: (path) => rm(path, { recursive: true, force: true }),
  async syncFolder(path) {
    const folder = await patiently(() => open(path, 'r'));
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
  async freeBytes(folder) {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  },
};

class NodeLogFile implements LogFile {
  constructor(private readonly handle: FileHandle) {}

  async write(buffers: readonly Buffer[], position: number): Promise<number> {
    return (await this.handle.writev(buffers as Buffer[], position)).bytesWritten;
  }

  async read(into: Buffer, position: number): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      const { bytesRead } = await this.handle.read(
        into,
        filled,
        into.length - filled,
        position + filled,
      );
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  datasync(): Promise<void> {
    return this.handle.datasync();
  }

  truncate(size: number): Promise<void> {
    return this.handle.truncate(size);
  }

  async size(): Promise<number> {
    return (await this.handle.stat()).size;
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}
