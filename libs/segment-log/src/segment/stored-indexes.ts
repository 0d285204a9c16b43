import type { FileSystem } from '../files/file-system.js';
import { readFile } from '../files/read-file.js';
import { replaceFile } from '../files/replace-file.js';
import {
  decodeIndexEntries,
  decodeIndexHeader,
  encodeIndex,
  INDEX_HEADER_BYTES,
  indexBytes,
  type IndexHeader,
  type PartitionId,
  type SegmentSummary,
} from './index-layout.js';
import type { IndexEntries } from './sparse-index.js';

/** 40 segments of the largest kind of 128 MiB. */
const MAX_CACHED_BYTES = 32 << 20;

/** The index file beside a segment. */
export function indexFileOf(segmentPath: string): string {
  return segmentPath.replace(/log$/, 'index');
}

/**
 * The index files beside the segments. Each is a copy of what its segment says: one that is lost, or
 * wrong, is made anew. The entries of those that were used last are kept in memory.
 */
export class StoredIndexes {
  private readonly cache = new Map<string, { header: IndexHeader; entries: IndexEntries }>();
  private cachedBytes = 0;

  constructor(
    private readonly files: FileSystem,
    private readonly maxCachedBytes = MAX_CACHED_BYTES,
  ) {}

  /** False: the disk is full. */
  async write(
    segmentPath: string,
    partitionId: PartitionId,
    summary: SegmentSummary,
    isSealed: boolean,
    entries: IndexEntries,
  ): Promise<boolean> {
    this.forget(segmentPath);
    const bytes = encodeIndex(partitionId, summary, isSealed, entries);
    return replaceFile(this.files, indexFileOf(segmentPath), bytes);
  }

  async isThere(segmentPath: string): Promise<boolean> {
    return (await readFile(this.files, indexFileOf(segmentPath), 0)) !== undefined;
  }

  /** undefined: there is none that can be used. */
  async header(segmentPath: string): Promise<IndexHeader | undefined> {
    const bytes = await readFile(this.files, indexFileOf(segmentPath), INDEX_HEADER_BYTES);
    return bytes === undefined ? undefined : decodeIndexHeader(bytes);
  }

  /** undefined: there are none that can be used. `summary`: what they have to be of. */
  async entries(segmentPath: string, summary: SegmentSummary): Promise<IndexEntries | undefined> {
    const cached = this.cache.get(segmentPath);
    if (cached !== undefined && isSame(cached.header, summary)) {
      // The order of the map is that of use.
      this.cache.delete(segmentPath);
      this.cache.set(segmentPath, cached);
      return cached.entries;
    }
    const bytes = await readFile(this.files, indexFileOf(segmentPath));
    const header = bytes && decodeIndexHeader(bytes);
    const entries = bytes && decodeIndexEntries(bytes);
    if (header === undefined || entries === undefined || !isSame(header, summary)) return undefined;
    this.forget(segmentPath);
    this.cache.set(segmentPath, { header, entries });
    this.cachedBytes += indexBytes(header);
    for (const path of this.cache.keys()) {
      if (this.cachedBytes <= this.maxCachedBytes || path === segmentPath) break;
      this.forget(path);
    }
    return entries;
  }

  /** Before its segment goes. */
  async remove(segmentPath: string): Promise<void> {
    this.forget(segmentPath);
    await this.files.remove(indexFileOf(segmentPath));
  }

  forget(segmentPath: string): void {
    const cached = this.cache.get(segmentPath);
    if (cached !== undefined) this.cachedBytes -= indexBytes(cached.header);
    this.cache.delete(segmentPath);
  }
}

/** A segment may have been replaced by another of its name. */
function isSame(index: IndexHeader, { bytes, endOffset, lastCrc }: SegmentSummary): boolean {
  return index.bytes === bytes && index.endOffset === endOffset && index.lastCrc === lastCrc;
}
