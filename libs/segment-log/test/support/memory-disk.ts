import { basename, dirname, join } from 'node:path';
import type { FileSystem, Lock, LogFile } from '../../src/index.js';

/** Smaller than a page of a real disk, so that a few small batches cover many. */
const PAGE_BYTES = 64;

interface FileNode {
  readonly kind: 'file';
  bytes: Buffer;
  /** What a power cut leaves for certain. */
  durable: Buffer;
  /** Pages that the next sync writes. */
  dirty: Set<number>;
}
interface FolderNode {
  readonly kind: 'folder';
  names: Map<string, Node>;
  durable: Map<string, Node>;
}
type Node = FileNode | FolderNode;

/** Says yes or no; decides what of the unsynced survives. */
export type Chance = () => boolean;

/**
 * A disk in memory, for tests that try thousands of states of a log. A power cut keeps what was synced
 * and any part of the rest: each page and each name by itself. Counts what is read.
 */
export class MemoryDisk implements FileSystem {
  bytesRead = 0;
  /** Syncs say that they are done and do nothing. */
  lies = false;
  /**
   * The next sync of a file fails, and what it should have written counts as written from then on: it
   * can be read, and no later sync writes it. So Linux does it.
   */
  failsNextSyncOf: string | undefined;
  /** Bytes that cannot be read any more. */
  badSector: { readonly path: string; readonly position: number } | undefined;
  /** After each change of a file or name, and each sync. */
  onChange: () => void = () => undefined;

  constructor(private readonly root: FolderNode = folderNode()) {}

  /** With an empty folder that is there for certain. */
  static holding(folder: string): MemoryDisk {
    const disk = new MemoryDisk();
    disk.folder(folder, true);
    return disk.copy();
  }

  /** Nobody else knows of it. */
  lock(): Lock {
    return { release: () => undefined };
  }

  async open(path: string, mode: 'create' | 'change' | 'read'): Promise<LogFile> {
    const folder = this.folder(dirname(path));
    let node = folder.names.get(basename(path));
    if (mode === 'create') {
      node ??= {
        kind: 'file',
        bytes: Buffer.alloc(0),
        durable: Buffer.alloc(0),
        dirty: new Set(),
      };
      folder.names.set(basename(path), node);
      if (node.kind === 'file') node.bytes = Buffer.alloc(0);
      this.onChange();
    }
    if (node?.kind !== 'file') throw failure('ENOENT', path);
    return this.handle(path, node);
  }

  async list(path: string): Promise<string[]> {
    return [...this.folder(path).names.keys()];
  }

  async makeFolder(path: string): Promise<void> {
    this.folder(path, true);
  }

  async readText(path: string): Promise<string | undefined> {
    const node = this.folder(dirname(path)).names.get(basename(path));
    return node?.kind === 'file' ? String(node.bytes) : undefined;
  }

  async rename(from: string, to: string): Promise<void> {
    const { names } = this.folder(dirname(from));
    const node = names.get(basename(from));
    if (node === undefined) throw failure('ENOENT', from);
    names.delete(basename(from));
    this.folder(dirname(to)).names.set(basename(to), node);
    this.onChange();
  }

  async remove(path: string): Promise<void> {
    this.folder(dirname(path)).names.delete(basename(path));
    this.onChange();
  }

  async syncFolder(path: string): Promise<void> {
    const node = this.folder(path);
    if (!this.lies) node.durable = new Map(node.names);
    this.onChange();
  }

  async freeBytes(): Promise<number> {
    return 2 ** 40;
  }

  /** All files with their bytes, which may be changed. */
  *files(folder: string, node: FolderNode = this.folder(folder)): Generator<[string, Buffer]> {
    for (const [name, child] of node.names) {
      const path = join(folder, name);
      if (child.kind === 'file') yield [path, child.bytes];
      else yield* this.files(path, child);
    }
  }

  /** Replaces the bytes of a file, or removes it, behind the back of the log. */
  put(path: string, bytes?: Buffer): void {
    const { names } = this.folder(dirname(path));
    if (bytes === undefined) names.delete(basename(path));
    else
      names.set(basename(path), {
        kind: 'file',
        bytes,
        durable: Buffer.from(bytes),
        dirty: new Set(),
      });
  }

  /** The same state on another disk. */
  copy(): MemoryDisk {
    return new MemoryDisk(copyOf(this.root));
  }

  /** What a machine finds that lost power now. */
  afterPowerCut(survives: Chance): MemoryDisk {
    return new MemoryDisk(cut(this.root, survives));
  }

  private handle(path: string, node: FileNode): LogFile {
    return {
      write: async (buffers, position) => {
        const added = Buffer.concat(buffers);
        const bytes = Buffer.alloc(Math.max(node.bytes.length, position + added.length));
        node.bytes.copy(bytes);
        added.copy(bytes, position);
        node.bytes = bytes;
        const end = position + added.length;
        for (let page = Math.floor(position / PAGE_BYTES); page * PAGE_BYTES < end; page++)
          node.dirty.add(page);
        this.onChange();
        return added.length;
      },
      read: async (into, position) => {
        const bad = this.badSector?.path === path ? this.badSector.position : -1;
        if (position <= bad && bad < position + into.length) throw failure('EIO', path);
        const count = position >= node.bytes.length ? 0 : node.bytes.copy(into, 0, position);
        this.bytesRead += count;
        return count;
      },
      datasync: async () => {
        if (this.failsNextSyncOf === path) {
          this.failsNextSyncOf = undefined;
          node.dirty.clear();
          throw failure('EIO', path);
        }
        if (!this.lies) sync(node);
        this.onChange();
      },
      truncate: async (size) => {
        const bytes = Buffer.alloc(size);
        node.bytes.copy(bytes);
        node.bytes = bytes;
      },
      size: async () => node.bytes.length,
      close: async () => undefined,
    };
  }

  private folder(path: string, make = false): FolderNode {
    let node: Node = this.root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      if (node.kind !== 'folder') throw failure('ENOTDIR', path);
      let child = node.names.get(name);
      if (child === undefined && make) node.names.set(name, (child = folderNode()));
      if (child === undefined) throw failure('ENOENT', path);
      node = child;
    }
    if (node.kind !== 'folder') throw failure('ENOTDIR', path);
    return node;
  }
}

function sync(node: FileNode): void {
  const durable = Buffer.alloc(node.bytes.length);
  node.durable.copy(durable);
  for (const page of node.dirty)
    node.bytes.copy(durable, page * PAGE_BYTES, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  node.durable = durable;
  node.dirty.clear();
}

function copyOf(folder: FolderNode): FolderNode {
  const copy = folderNode();
  for (const [name, node] of folder.names) {
    copy.names.set(
      name,
      node.kind === 'folder'
        ? copyOf(node)
        : {
            kind: 'file',
            bytes: Buffer.from(node.bytes),
            durable: Buffer.from(node.durable),
            dirty: new Set(node.dirty),
          },
    );
  }
  copy.durable = new Map(copy.names);
  return copy;
}

/** Names of now or of the last sync, each by itself; of two files with one name, either. */
function cut(folder: FolderNode, survives: Chance): FolderNode {
  const left = folderNode();
  for (const name of new Set([...folder.durable.keys(), ...folder.names.keys()])) {
    const [before, now] = [folder.durable.get(name), folder.names.get(name)];
    const node = before === now || survives() ? now : before;
    if (node === undefined) continue;
    left.names.set(name, node.kind === 'folder' ? cut(node, survives) : cutFile(node, survives));
  }
  left.durable = new Map(left.names);
  return left;
}

function cutFile({ bytes, durable }: FileNode, survives: Chance): FileNode {
  const size = survives() ? bytes.length : durable.length;
  const left = Buffer.alloc(size);
  for (let at = 0; at < size; at += PAGE_BYTES) {
    // A page that never reached the disk is what was there, or zeros behind the old end.
    const source = survives() ? bytes : durable;
    if (at < source.length) source.copy(left, at, at, Math.min(at + PAGE_BYTES, size));
  }
  return { kind: 'file', bytes: left, durable: Buffer.from(left), dirty: new Set() };
}

function folderNode(): FolderNode {
  return { kind: 'folder', names: new Map(), durable: new Map() };
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
