import type { PartitionBounds } from '@tally/contracts';
import type { BlockRecord } from '../aggregate/block-record.js';
import type { LogTime } from './log-time.js';
import type { PartitionReading } from './partition-reading.js';
import type { Instants } from './shard-flushes.js';

type Bounds = ReadonlyMap<number, PartitionBounds>;

/** Where a log that was asked for its end ended then: all from there on was appended later. */
interface AskedEnd {
  readonly bounds: Bounds;
  readonly askedAtMs: number;
}

/** Up to when each partition is complete, by the ends of the log that a run asks for. */
export class CompleteInstants {
  private endAskedAtMs: number | undefined;
  private ended: AskedEnd | undefined;
  /** By partition, since the last tick: when a record was appended, and after which question. */
  private readonly fresh = new Map<
    number,
    { readonly afterMs: number; readonly appendMs: number }
  >();

  constructor(
    private readonly logTime: LogTime,
    private readonly readings: ReadonlyMap<number, PartitionReading>,
    /** When time passed last, so rather early. */
    private nowMs: number,
  ) {}

  /** A time that the log's clock has passed for sure. */
  get latestMs(): number {
    return this.logTime.at(this.nowMs);
  }

  tick(nowMs: number): void {
    this.nowMs = nowMs;
    for (const { afterMs, appendMs } of this.fresh.values())
      this.logTime.learn(appendMs, { afterMs, beforeMs: nowMs });
    this.fresh.clear();
  }

  /** Whether the log has to be asked for its end now: it is not asked yet. */
  asksEnd(): boolean {
    if (this.endAskedAtMs !== undefined) return false;
    this.endAskedAtMs = this.nowMs;
    return true;
  }

  /**
   * @param bounds undefined: the log did not answer, and instants stand still.
   * @returns what follows for the partitions; undefined: nobody had asked.
   */
  onEnd(bounds: Bounds | undefined): Instants | undefined {
    const askedAtMs = this.endAskedAtMs;
    this.endAskedAtMs = undefined;
    if (askedAtMs === undefined) return undefined;
    if (bounds !== undefined) this.ended = { bounds, askedAtMs };
    return this.byEnd(bounds, askedAtMs);
  }

  /** By append times alone, of what was read. */
  byReading(): Instants {
    return this.byEnd(undefined, 0);
  }

  /** The last of some records that were read. */
  note(partition: number, record: BlockRecord | undefined): void {
    const high = this.ended?.bounds.get(partition)?.high;
    if (record === undefined || this.ended === undefined || high === undefined) return;
    if (record.offset < high) return;
    const appendMs = Math.max(record.timestampMs, this.readings.get(partition)?.appendMs ?? 0);
    this.fresh.set(partition, { afterMs: this.ended.askedAtMs, appendMs });
  }

  /**
   * Up to when each partition is complete if all that was read is flushed: the moment the log was
   * asked for its end, in the log's clock, if that end was reached; else the append time of
   * the last record, for the next is not older; but never a moment that has not come.
   */
  private byEnd(bounds: Bounds | undefined, askedAtMs: number): Instants {
    const instants = new Map<number, number>();
    const { logTime, latestMs } = this;
    for (const [partition, { position, appendMs }] of this.readings) {
      if (position === undefined) continue;
      const end = bounds?.get(partition)?.high;
      if (end !== undefined && position >= end) instants.set(partition, logTime.at(askedAtMs));
      else if (appendMs > 0) instants.set(partition, Math.min(appendMs, latestMs));
    }
    return instants;
  }
}
