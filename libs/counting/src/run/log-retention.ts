import type { PartitionBounds } from '@tally/contracts';
import type { RunAction, ShardCoverage } from './run-action.js';

/**
 * Dedup windows of append time that stay below what is kept. A start reads one back; the other is for
 * logs whose leaders change, and which may then stamp a record earlier than the one before it.
 */
const WINDOWS_BELOW = 2;
/** A log is shortened so often that what stays too long is at most this part of what has to stay. */
const EXCESS = 1 / 64;

/** What is kept of the log, and for whom. */
export interface LogRetentionOptions {
  /** All of the shard map. */
  readonly shards: readonly number[];
  /** How long records stay that all shards cover, in append time; 0: for ever. */
  readonly keepMs: number;
  readonly dedupWindowMs: number;
  /** Time that has passed, which never goes back. */
  readonly elapsedMs: () => number;
  /** A time that the log's clock has passed for sure. */
  readonly latestMs: () => number;
  /** Whether no shard is absent. */
  readonly isComplete: () => boolean;
  readonly emit: (action: RunAction) => void;
}

/** By partition: the next offset, and the append time of what was read. */
type Readings = Iterable<
  readonly [number, { readonly position: bigint | undefined; readonly appendMs: number }]
>;

/** Where a partition was read to once. */
interface Mark {
  /** Everything below was read. */
  readonly offset: bigint;
  /** The latest append time below it. */
  readonly appendMs: number;
  /** Shards that said since that they cover everything below it. */
  readonly coveredBy: Set<number>;
}

/** The log is asked which offset it had at `timeMs`. */
type Question = { readonly timeMs: number } & (
  | { readonly about: 'kept'; readonly below: bigint }
  | { readonly about: 'before-kept'; readonly keptFrom: bigint; readonly backMs: number }
  | { readonly about: 'cut'; readonly keptFrom: bigint }
);

/**
 * Finds what the log may let go: nothing that a shard lacks by its own answer, or may lack again when a
 * state of it of `keepMs` ago is put back, and nothing of the dedup windows that are read back then.
 *
 * Of a mark that all shards cover, what was appended up to `keepMs` before it stays (from `keptFrom`
 * on). A start at `keptFrom` reads back the window before the record that precedes it, which may be far
 * older: so a time is looked for since which something below `keptFrom` was appended. What is older than
 * two windows before that time goes, all but its last record, by which a start sees that the window is
 * whole.
 */
export class LogRetention {
  private readonly marks = new Map<number, Mark>();
  private readonly questions = new Map<number, Question>();
  private readonly lows = new Map<number, bigint>();
  private readonly dueAtMs = new Map<number, number>();

  constructor(private readonly options: LogRetentionOptions) {}

  /** How far each partition was read; undefined: it is read back. The log says where it begins. */
  onBounds(readings: Readings, bounds: ReadonlyMap<number, PartitionBounds> | undefined): void {
    const { keepMs, elapsedMs } = this.options;
    if (keepMs === 0) return;
    for (const [partition, { position, appendMs }] of readings) {
      const low = bounds?.get(partition)?.low;
      if (position === undefined || low === undefined) continue;
      this.lows.set(partition, low);
      const isDue = elapsedMs() >= (this.dueAtMs.get(partition) ?? 0);
      if (!isDue || this.marks.has(partition) || this.questions.has(partition)) continue;
      this.marks.set(partition, { offset: position, appendMs, coveredBy: new Set() });
    }
  }

  /** A shard that is counted said what it covers. */
  onCoverage(shard: number, coverage: ShardCoverage): void {
    for (const [partition, mark] of this.marks) {
      const covered = coverage.get(partition)?.firstMissing(0n) ?? 0n;
      if (covered >= mark.offset) mark.coveredBy.add(shard);
      if (!this.isProven(mark)) continue;
      this.marks.delete(partition);
      this.begin(partition, mark);
    }
  }

  /** @param offset Of the first record at or after the time that was asked; undefined: no answer. */
  onOffsetAt(partition: number, offset: bigint | undefined): void {
    const question = this.questions.get(partition);
    this.questions.delete(partition);
    if (question === undefined || offset === undefined) return;
    const { windowMs } = this;
    const { timeMs } = question;
    const low = this.lows.get(partition) ?? 0n;
    switch (question.about) {
      case 'kept':
        // A record below the mark was appended then or later, so any other answer is wrong.
        if (offset <= low || offset >= question.below) return;
        return this.ask(partition, {
          about: 'before-kept',
          timeMs: timeMs - windowMs,
          backMs: windowMs,
          keptFrom: offset,
        });
      case 'before-kept': {
        const { keptFrom, backMs } = question;
        if (!this.isBelow(offset, keptFrom))
          return this.ask(partition, {
            ...question,
            timeMs: timeMs - 2 * backMs,
            backMs: 2 * backMs,
          });
        const cutMs = timeMs - WINDOWS_BELOW * windowMs;
        return this.ask(partition, { about: 'cut', timeMs: cutMs, keptFrom });
      }
      case 'cut': {
        const before = offset - 1n;
        if (before <= low || before >= question.keptFrom || !this.isComplete()) return;
        this.options.emit({ kind: 'shorten', partition, before, records: before - low });
      }
    }
  }

  /** Nothing of this partition goes before it was read on. */
  forget(partition: number): void {
    this.marks.delete(partition);
    this.questions.delete(partition);
  }

  private get windowMs(): number {
    return this.options.dedupWindowMs;
  }

  private isBelow(offset: bigint, keptFrom: bigint): boolean {
    return offset < keptFrom;
  }

  private isComplete(): boolean {
    return this.options.isComplete();
  }

  private isProven({ coveredBy }: Mark): boolean {
    return this.isComplete() && this.options.shards.every((shard) => coveredBy.has(shard));
  }

  private begin(partition: number, { offset, appendMs }: Mark): void {
    const { keepMs, elapsedMs, latestMs } = this.options;
    this.dueAtMs.set(partition, elapsedMs() + keepMs * EXCESS);
    // Neither by a clock of ours nor by a stamp of the log alone that is ahead of true time.
    const timeMs = Math.min(appendMs, latestMs()) - keepMs;
    this.ask(partition, { about: 'kept', timeMs, below: offset });
  }

  /** Before 1970 nothing was appended. */
  private ask(partition: number, question: Question): void {
    const { timeMs } = question;
    if (timeMs <= 0) return;
    this.questions.set(partition, question);
    this.options.emit({ kind: 'ask-offset-at', partition, timestampMs: timeMs });
  }
}
