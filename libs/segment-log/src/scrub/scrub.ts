import { setTimeout as sleep } from 'node:timers/promises';
import {
  isMissing,
  isOutOfDescriptors,
  type FileSystem,
  type LogFile,
} from '../files/file-system.js';
import { patiently } from '../files/patiently.js';
import type { Partition } from '../partition/partition.js';
import { scanBatches, type ScanStart } from '../segment/scan-segment.js';
import type { Segment } from '../segment/segment.js';

/** How fast the scrub reads, and who is told of it. */
export interface ScrubOptions {
  /** Read at most so fast: what clients read and write needs the disk too. */
  readonly bytesPerSecond: number;
  /** Between the end of one pass and the beginning of the next. */
  readonly pauseMs: number;
  /** After each pass. */
  readonly onPass?: (pass: { readonly bytes: number }) => void;
}

/** Shorter waits are saved up: a timer is not exact. */
const MIN_WAIT_MS = 20;

/**
 * Reads all records again and again and checks every CRC and every join, so that damage is found while
 * a copy may still exist and not when somebody needs the records. It opens the files anew, by their
 * names: one that was replaced or removed is noticed too. Nothing waits for it.
 */
export class Scrub {
  private readonly ended = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly files: FileSystem,
    private readonly partitions: () => Iterable<Partition>,
    /** Resolves when nothing is replacing or removing segments. */
    private readonly settled: () => Promise<void>,
    private readonly options: ScrubOptions,
  ) {}

  /** `onError`: the disk, or this code, is broken. */
  start(onError: (error: unknown) => void): void {
    this.running = this.run().catch((error: unknown) => {
      if (!this.isOver) onError(error);
    });
  }

  async stop(): Promise<void> {
    this.ended.abort();
    await this.running;
  }

  private get isOver(): boolean {
    return this.ended.signal.aborted;
  }

  private async run(): Promise<void> {
    while (!this.isOver) {
      const pace = new Pace(this.options.bytesPerSecond, this.ended.signal);
      for (const partition of this.partitions()) {
        for (const segment of partition.allSegments()) await this.check(partition, segment, pace);
      }
      if (this.isOver) return;
      this.options.onPass?.({ bytes: pace.bytes });
      // eslint-disable-next-line no-restricted-syntax -- a rest between two rounds, not a retry
      await sleep(this.options.pauseMs, undefined, { signal: this.ended.signal, ref: false });
    }
  }

  private async check(partition: Partition, segment: Segment, pace: Pace): Promise<void> {
    let file: LogFile | undefined;
    try {
      file = await patiently(() => this.files.open(segment.path, 'read'));
    } catch (error) {
      // The next pass may find descriptors again.
      if (isOutOfDescriptors(error)) return;
      if (!isMissing(error)) throw error;
    }
    try {
      let from: ScanStart | undefined = { position: 0, offset: segment.baseOffset };
      while (from !== undefined && !this.isOver && partition.isOpen) {
        from = await this.checkFrom(partition, segment, file, from, pace);
      }
    } finally {
      await file?.close();
    }
  }

  /** Where to go on behind what was found; undefined: all is well up to the end. */
  private async checkFrom(
    partition: Partition,
    segment: Segment,
    file: LogFile | undefined,
    from: ScanStart,
    pace: Pace,
  ): Promise<ScanStart | undefined> {
    const known = partition
      .damagedIn(segment)
      .find(({ position, offset }) => position >= from.position && offset >= from.offset);
    const end = known ?? { position: segment.size, offset: segment.endOffset };
    let { position, offset } = from;
    if (file !== undefined) {
      for await (const { size, count } of scanBatches(file, end.position, offset, true, from)) {
        position += size;
        offset += BigInt(count);
        await pace.read(size);
        if (this.isOver || !partition.isOpen) return undefined;
      }
    }
    if (position === end.position && offset === end.offset) {
      return known && { position: known.endPosition, offset: known.endOffset };
    }
    await this.settled();
    const reason = file === undefined ? 'the file is missing' : 'the scrub found other bytes';
    return partition.putInQuarantine(segment, { position, offset }, reason, file);
  }
}

/** Waits as long as a bound on speed asks for. */
export class Pace {
  bytes = 0;
  private readonly startedMs = performance.now();

  constructor(
    private readonly bytesPerSecond: number,
    private readonly signal: AbortSignal,
  ) {}

  async read(bytes: number): Promise<void> {
    this.bytes += bytes;
    const dueMs = (this.bytes / this.bytesPerSecond) * 1000;
    const aheadMs = dueMs - (performance.now() - this.startedMs);
    if (aheadMs < MIN_WAIT_MS) return;
    await sleep(aheadMs, undefined, { signal: this.signal, ref: false });
  }
}
