import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  GenerationFiles,
  generationFileName,
  parseGenerationFileName,
  readGeneration,
  type ClosedGeneration,
  type WindowGeneration,
} from '@tally/counting';
import type { EventsTopic } from '@tally/placement';
import { within } from '@tally/resilience';
import type { Logger } from '@tally/service-kit';
import type { ProcessorMetrics } from '../metrics.js';
import type { GenerationStore } from './generation-store.js';

/** A store that takes longer holds up no start: the log is read. */
const READ_WITHIN_MS = 5000;
/** Generations that wait for a store that is slow; more are not kept. */
const MAX_WAITING_BYTES = 64 << 20;

export interface WindowGenerationsOptions {
  readonly store: GenerationStore;
  readonly topic: EventsTopic;
  readonly logger: Logger;
  readonly metrics: Pick<ProcessorMetrics, 'generations'>;
  readonly readWithinMs?: number;
}

/**
 * Keeps generations of the dedup windows, and finds them again. Nothing here fails: what cannot be kept
 * or read costs reading the log at the next start, and never a count.
 */
export class WindowGenerations {
  private files: GenerationFiles;
  private listed: Promise<void> = Promise.resolve();
  /** One after the other: they are not worth more of the disk than that. */
  private written: Promise<void> = Promise.resolve();
  private waitingBytes = 0;
  /** The last one first, which is of the partition that was told of last: its window is in the cache. */
  private readonly reads: (() => Promise<void>)[] = [];
  private isReading = false;
  /** It did not answer in time: it is not asked again by this run. */
  private isAway = false;
  /** Told once, until it is over. */
  private isFailing = false;

  constructor(private readonly options: WindowGenerationsOptions) {
    this.files = this.newFiles();
  }

  /** A run begins: others may have written or removed files since the last one. */
  refresh(): void {
    this.isAway = false;
    this.listed = this.list().catch((error: unknown) => this.fail(error, 'files are not listed'));
  }

  /**
   * One that holds the record at `from` and nothing at or behind `to`; undefined: there is none to be had.
   * One is read at a time, so that no more than one is in memory.
   */
  read(partition: number, from: bigint, to: bigint): Promise<WindowGeneration | undefined> {
    return new Promise((resolve) => {
      this.reads.push(async () => resolve(await this.readNow(partition, from, to)));
      if (!this.isReading) void this.readAll();
    });
  }

  write(generation: ClosedGeneration): void {
    const { topic, metrics } = this.options;
    const name = generationFileName(topic.name, generation);
    const { length } = generation.bytes;
    if (this.files.has(name)) return;
    if (this.waitingBytes + length > MAX_WAITING_BYTES) {
      metrics.generations.inc({ outcome: 'dropped' });
      return;
    }
    this.waitingBytes += length;
    this.written = this.written
      .then(() => this.keep(name, generation))
      .catch((error: unknown) => this.fail(error, 'a file is not written'))
      .finally(() => void (this.waitingBytes -= length));
  }

  /** Resolves when nothing is being written any more. */
  async settled(): Promise<void> {
    await this.written;
  }

  private async readAll(): Promise<void> {
    this.isReading = true;
    for (let next = this.reads.pop(); next !== undefined; next = this.reads.pop()) {
      await next();
      // The window is told of it, and asks on.
      await nextTurn();
    }
    this.isReading = false;
  }

  private async readNow(
    partition: number,
    from: bigint,
    to: bigint,
  ): Promise<WindowGeneration | undefined> {
    if (this.isAway) return undefined;
    let found: WindowGeneration | undefined;
    let isAnswered = false;
    const finding = this.find(partition, from, to)
      .then(
        (generation) => void (found = generation),
        (error: unknown) => this.fail(error, 'a file is not read'),
      )
      .finally(() => void (isAnswered = true));
    // This process may have been busy for so long, and the answer have come meanwhile.
    const { readWithinMs = READ_WITHIN_MS } = this.options;
    if (!(await within(readWithinMs, finding))) await nextTurn();
    if (isAnswered) return found;
    this.isAway = true;
    this.fail(new Error(`no answer within ${readWithinMs} ms`), 'a file is not read');
    return undefined;
  }

  private async list(): Promise<void> {
    const { store, topic } = this.options;
    const files = this.newFiles();
    for (const name of await store.list()) {
      if (files.add(name)) continue;
      const other = parseGenerationFileName(name);
      if (other !== undefined && other.topic !== topic.name) await store.remove(name);
    }
    this.files = files;
  }

  private async find(
    partition: number,
    from: bigint,
    to: bigint,
  ): Promise<WindowGeneration | undefined> {
    const { store, topic, metrics, logger } = this.options;
    await this.listed;
    for (const file of this.files.holding(partition, from, to)) {
      const { name } = file;
      const bytes = await store.read(name);
      const read = bytes && readGeneration(bytes, topic.name, file);
      if (read?.kind === 'generation') {
        metrics.generations.inc({ outcome: 'recalled' });
        return read;
      }
      this.files.remove(name);
      if (read === undefined) continue;
      metrics.generations.inc({ outcome: 'damaged' });
      logger.warn({ name, reason: read.reason }, 'a generation of a dedup window is damaged');
      await store.remove(name);
    }
    return undefined;
  }

  private async keep(name: string, generation: ClosedGeneration): Promise<void> {
    const { store, metrics, logger } = this.options;
    await store.write(name, generation.bytes);
    metrics.generations.inc({ outcome: 'written' });
    if (this.isFailing) logger.info('generations of dedup windows are kept again');
    this.isFailing = false;
    this.files.add(name);
    for (const old of this.files.outdated(generation.partition)) {
      this.files.remove(old.name);
      await store.remove(old.name);
    }
  }

  private fail(error: unknown, what: string): void {
    const { metrics, logger } = this.options;
    metrics.generations.inc({ outcome: 'failed' });
    if (this.isFailing) return;
    this.isFailing = true;
    logger.warn(
      { error, what },
      'generations of dedup windows are not kept: the next start reads the log instead',
    );
  }

  private newFiles(): GenerationFiles {
    const { topic } = this.options;
    return new GenerationFiles(topic.name, topic.dedupWindowMs);
  }
}
