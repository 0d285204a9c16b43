import type { GenerationRange } from './window-generation.js';

/** Windows below the newest generation that are kept: a start goes back to what a shard lacks. */
const WINDOWS_KEPT = 2;
const NAME = /^(events-[0-9a-f]{16})\.(\d{1,9})\.(\d{1,19})-(\d{1,19})\.(\d{1,15})\.window$/;

/** A generation in a file: what its name says. */
export interface GenerationFile extends GenerationRange {
  readonly topic: string;
  readonly name: string;
}

/** Name of the file of a generation: the same records have the same name, and the same bytes. */
export function generationFileName(
  topic: string,
  { partition, first, end, lastMs }: GenerationRange,
): string {
  return `${topic}.${partition}.${first}-${end}.${lastMs}.window`;
}

/** undefined: no generation has such a name, so it is somebody else's. */
export function parseGenerationFileName(name: string): GenerationFile | undefined {
  const [, topic, partition, first = '', end = '', lastMs] = NAME.exec(name) ?? [];
  if (topic === undefined) return undefined;
  return {
    topic,
    partition: Number(partition),
    first: BigInt(first),
    end: BigInt(end),
    lastMs: Number(lastMs),
    name,
  };
}

/** The files of one topic: which of them a start needs, and which nobody needs any more. */
export class GenerationFiles {
  private readonly files = new Map<string, GenerationFile>();

  constructor(
    private readonly topic: string,
    private readonly dedupWindowMs: number,
  ) {}

  has(name: string): boolean {
    return this.files.has(name);
  }

  /** @returns false: it is no file of this topic. */
  add(name: string): boolean {
    const file = parseGenerationFileName(name);
    if (file?.topic !== this.topic) return false;
    this.files.set(name, file);
    return true;
  }

  remove(name: string): void {
    this.files.delete(name);
  }

  /**
   * Those that hold the record at `from` and none at or behind `to`, the furthest first. What lies behind
   * the offset where counting begins must not be known there: it would be a duplicate of itself.
   */
  holding(partition: number, from: bigint, to: bigint): GenerationFile[] {
    return this.of(partition)
      .filter(({ first, end }) => first <= from && from < end && end <= to)
      .sort((a, b) => Number(b.end - a.end));
  }

  /**
   * Those of the partition that are two windows older than its newest. A start begins at what a shard
   * lacks, which letters keep near to what was read last; where it lies further back, the log has it.
   */
  outdated(partition: number): GenerationFile[] {
    const files = this.of(partition).sort((a, b) => a.lastMs - b.lastMs);
    const newestMs = files.at(-1)?.lastMs ?? 0;
    return files.filter(({ lastMs }) => lastMs < newestMs - WINDOWS_KEPT * this.dedupWindowMs);
  }

  private of(partition: number): GenerationFile[] {
    return [...this.files.values()].filter((file) => file.partition === partition);
  }
}
