import { join } from 'node:path';
import { parseCheckedJson, toCheckedJson } from '../files/checked-json.js';
import type { FileSystem } from '../files/file-system.js';
import { replaceFile } from '../files/replace-file.js';
import type { DamagedRange } from '../segment/damaged-range.js';

const FILE = 'damage.json';
const FORMAT_VERSION = 1;
/** With more, neighbours in one segment are joined: the disk is lost anyway, and each takes part in every look-up. */
const MAX_RANGES = 1000;

const NONE: readonly DamagedRange[] = [];

/** The records of a partition that are damaged, in order; `damage.json` lists them for people and for a restart. */
export class Quarantine {
  private ranges: DamagedRange[] = [];

  constructor(private readonly maxRanges = MAX_RANGES) {}

  /** True: it was not known as a whole. Ranges that meet become one. */
  add(range: DamagedRange): boolean {
    if (this.ranges.some((known) => contains(known, range))) return false;
    const before = this.ranges.filter((known) => !meets(known, range));
    const merged = this.ranges.filter((known) => meets(known, range)).reduce(union, range);
    this.ranges = [...before, merged].toSorted((a, b) => (a.offset < b.offset ? -1 : 1));
    this.joinLast();
    return true;
  }

  all(): readonly DamagedRange[] {
    return this.ranges;
  }

  /** The range that has this record. */
  at(offset: bigint): DamagedRange | undefined {
    return this.ranges.find((range) => range.offset <= offset && offset < range.endOffset);
  }

  /** Those in one segment file. */
  inSegment(name: string): readonly DamagedRange[] {
    return this.ranges.length === 0 ? NONE : this.ranges.filter(({ segment }) => segment === name);
  }

  /** Records before `offset` do not count any more. True: something has changed. */
  forgetBefore(offset: bigint): boolean {
    const before = this.ranges.length;
    this.ranges = this.ranges.filter(({ endOffset }) => endOffset > offset);
    return this.ranges.length < before;
  }

  /** Of two neighbours in one segment, if there are too many. */
  private joinLast(): void {
    if (this.ranges.length <= this.maxRanges) return;
    const at = this.ranges.findLastIndex(
      ({ segment }, index) => this.ranges[index + 1]?.segment === segment,
    );
    const [a, b] = this.ranges.slice(at, at + 2);
    if (at >= 0 && a !== undefined && b !== undefined) this.ranges.splice(at, 2, union(a, b));
  }

  /** At a full disk the list stays as it is; what is missing in it is found again. */
  async save(files: FileSystem, folder: string): Promise<void> {
    const path = join(folder, FILE);
    if (this.ranges.length === 0) {
      await files.remove(path);
      return files.syncFolder(folder);
    }
    const ranges = this.ranges.map(({ offset, endOffset, ...rest }) => ({
      offset: String(offset),
      endOffset: String(endOffset),
      ...rest,
    }));
    await replaceFile(files, path, toCheckedJson({ formatVersion: FORMAT_VERSION, ranges }));
  }
}

/** Empty where there is no list, or one that cannot be read: damage is found again. */
export async function readDamageList(files: FileSystem, folder: string): Promise<DamagedRange[]> {
  const text = await files.readText(join(folder, FILE));
  if (text === undefined) return [];
  try {
    const { formatVersion, ranges } = parseCheckedJson(text) as {
      formatVersion: number;
      ranges: (Omit<DamagedRange, 'offset' | 'endOffset'> & {
        offset: string;
        endOffset: string;
      })[];
    };
    if (formatVersion !== FORMAT_VERSION) return [];
    return ranges.map(({ offset, endOffset, ...rest }) => ({
      offset: BigInt(offset),
      endOffset: BigInt(endOffset),
      ...rest,
    }));
  } catch {
    return [];
  }
}

function contains(known: DamagedRange, range: DamagedRange): boolean {
  return known.offset <= range.offset && range.endOffset <= known.endOffset;
}

function meets(a: DamagedRange, b: DamagedRange): boolean {
  return a.segment === b.segment && a.offset <= b.endOffset && b.offset <= a.endOffset;
}

function union(a: DamagedRange, b: DamagedRange): DamagedRange {
  const [first, last] = a.offset <= b.offset ? [a, b] : [b, a];
  return {
    ...first,
    endOffset: last.endOffset > first.endOffset ? last.endOffset : first.endOffset,
    endPosition: Math.max(first.endPosition, last.endPosition),
  };
}
