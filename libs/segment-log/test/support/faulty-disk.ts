import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { nodeFileSystem, type FileSystem, type Lock, type LogFile } from '../../src/index.js';

interface FileNode {
  readonly kind: 'file';
  durable: Buffer;
}
interface FolderNode {
  readonly kind: 'folder';
  readonly names: Map<string, Node>;
  durable: Map<string, Node>;
}
type Node = FileNode | FolderNode;

export interface Faults {
  /** Bytes that the next write manages, once. */
  nextWriteBytes?: number | undefined;
  /** Code of the error that writes, or syncs, end with from now on. */
  writeError?: string | undefined;
  syncError?: string | undefined;
  /** There is no room: no file is made and none grows. What a file has may be written anew. */
  isFull?: boolean;
  /** What says that it is done and has done nothing. */
  lies?: 'file syncs' | 'folder syncs' | undefined;
}

/**
 * A real folder with a disk that can fail, and that remembers what was made durable: file contents
 * by datasync, names by a sync of their folder. `afterPowerCut` is what a machine finds that lost
 * power now, at the worst: everything else is gone.
 */
export class FaultyDisk implements FileSystem {
  readonly faults: Faults = {};
  private readonly root: FolderNode = folderNode();

  constructor(private readonly folder: string) {}

  lock(folder: string): Lock {
    return nodeFileSystem.lock(folder);
  }

  async open(path: string, mode: 'create' | 'change'): Promise<LogFile> {
    if (this.faults.isFull === true && mode === 'create') throw failure('ENOSPC');
    const file = await nodeFileSystem.open(path, mode);
    const parent = this.folderAt(dirname(path));
    const known = parent.names.get(basename(path));
    const node: FileNode =
      known?.kind === 'file' ? known : { kind: 'file', durable: Buffer.alloc(0) };
    parent.names.set(basename(path), node);
    return this.wrap(path, file, node);
  }

  list(path: string): Promise<string[]> {
    return nodeFileSystem.list(path);
  }

  async makeFolder(path: string): Promise<void> {
    await nodeFileSystem.makeFolder(path);
    this.folderAt(path);
  }

  readText(path: string): Promise<string | undefined> {
    return nodeFileSystem.readText(path);
  }

  async rename(from: string, to: string): Promise<void> {
    await nodeFileSystem.rename(from, to);
    const names = this.folderAt(dirname(from)).names;
    const node = names.get(basename(from));
    names.delete(basename(from));
    if (node !== undefined) this.folderAt(dirname(to)).names.set(basename(to), node);
  }

  async remove(path: string): Promise<void> {
    await nodeFileSystem.remove(path);
    this.folderAt(dirname(path)).names.delete(basename(path));
  }

  async syncFolder(path: string): Promise<void> {
    if (this.faults.lies === 'folder syncs') return;
    const node = this.folderAt(path);
    node.durable = new Map(node.names);
  }

  freeBytes(folder: string): Promise<number> {
    return nodeFileSystem.freeBytes(folder);
  }

  /** Writes what is durable now into an empty folder. */
  afterPowerCut(target: string, node: FolderNode = this.root): string {
    for (const [name, child] of node.durable) {
      const path = join(target, name);
      if (child.kind === 'file') writeFileSync(path, child.durable);
      else {
        mkdirSync(path);
        this.afterPowerCut(path, child);
      }
    }
    return target;
  }

  private wrap(path: string, file: LogFile, node: FileNode): LogFile {
    const { faults } = this;
    return {
      read: (into, position) => file.read(into, position),
      size: () => file.size(),
      close: () => file.close(),
      truncate: (size) => file.truncate(size),
      write: async (buffers, position) => {
        if (faults.writeError !== undefined) throw failure(faults.writeError);
        const wanted = Buffer.concat(buffers);
        const room =
          faults.isFull === true ? Math.max(0, (await file.size()) - position) : Infinity;
        const bytes = Math.min(wanted.length, room, faults.nextWriteBytes ?? Infinity);
        faults.nextWriteBytes = undefined;
        return file.write([wanted.subarray(0, bytes)], position);
      },
      datasync: async () => {
        if (faults.syncError !== undefined) throw failure(faults.syncError);
        if (faults.lies === 'file syncs') return;
        await file.datasync();
        node.durable = readFileSync(path);
      },
    };
  }

  private folderAt(path: string): FolderNode {
    if (path === this.folder) return this.root;
    const parent = this.folderAt(dirname(path));
    const known = parent.names.get(basename(path));
    if (known?.kind === 'folder') return known;
    const made = folderNode();
    parent.names.set(basename(path), made);
    return made;
  }
}

function folderNode(): FolderNode {
  return { kind: 'folder', names: new Map(), durable: new Map() };
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}, as the test wants`), { code });
}
