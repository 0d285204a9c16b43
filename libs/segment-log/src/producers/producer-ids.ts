import { join } from 'node:path';
import type { FileSystem } from '../files/file-system.js';
import { replaceFile } from '../files/replace-file.js';

/** Holds, in decimal digits and a line end, the first id that was never reserved. */
const FILE = 'producer-ids';
/** Ids that are reserved by one write; those not given when the log stops are never given. */
const BLOCK = 1000n;
/** Where there is no file, or one that holds no number: more ids for each ms since 1970 than could have been given before. */
const IDS_PER_MS = 1000n;

/**
 * Hands out producer ids, none twice: a block of them is reserved durably before its first is given.
 * A log that lost the file begins where no earlier id can have been, since an id that is given again
 * would have the sequence numbers of another producer.
 */
export class ProducerIds {
  private reserving: Promise<void> = Promise.resolve();

  private constructor(
    private readonly files: FileSystem,
    private readonly path: string,
    private readonly now: () => number,
    /** undefined: nothing was ever reserved, or that is forgotten. */
    private end: bigint | undefined,
    private next = end,
  ) {}

  static async open(files: FileSystem, folder: string, now: () => number): Promise<ProducerIds> {
    const path = join(folder, FILE);
    const text = await files.readText(path);
    const isNumber = text !== undefined && /^\d{1,18}\n$/.test(text);
    const first = isNumber ? BigInt(text.trimEnd()) : undefined;
    return new ProducerIds(files, path, now, first);
  }

  /** undefined: the disk is full. */
  async take(): Promise<bigint | undefined> {
    while (this.next === undefined || this.next === this.end) {
      const { end } = this;
      // One after the other: who waited for another's block takes from it.
      this.reserving = this.reserving.then(() => this.reserve(end));
      await this.reserving;
      if (this.end === end) return undefined;
    }
    return this.next++;
  }

  private async reserve(end: bigint | undefined): Promise<void> {
    if (this.end !== end) return;
    const first = end ?? BigInt(this.now()) * IDS_PER_MS;
    if (!(await replaceFile(this.files, this.path, `${first + BLOCK}\n`))) return;
    this.next = first;
    this.end = first + BLOCK;
  }
}
