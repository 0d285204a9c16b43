import type { LogRecord, PartitionBounds } from '@tally/contracts';
import { HeldClock } from '@tally/resilience';
import type { VirtualTime } from './virtual-time.js';

interface Partition {
  records: LogRecord[];
  /** Offset of the first record. */
  start: bigint;
  /** Records of the array that are on the disk. */
  durable: number;
  /** Of each record: the running maximum of append times. */
  appendMs: number[];
  waiting: { readonly upTo: number; readonly confirm: () => void }[];
}

/** An append is durable: its append time as readers see it, and its offset. */
export type Confirm = (appendMs: number, offset: bigint) => void;

export interface LogFaults {
  /** Control: an append is confirmed before it is on the disk. */
  confirmsBeforeSync: boolean;
  /** Control: records are stamped by a clock that has stepped. */
  believesClock: boolean;
}

const MAX_STEP_MS = 1000;

/** One topic of the log on a disk in memory: what is not synced yet is gone after a crash. */
export class SimulatedLog {
  private readonly partitions: Partition[];
  private isUp = true;
  /** No append is confirmed, and none is made. */
  isRefusing = false;
  /** Grows with each crash: a sync of before it confirms nothing. */
  private life = 0;
  /** How far the log's clock is from true time: within what clocks may differ. */
  clockOffsetMs = 0;
  /** Somebody has set it as well. */
  clockStepMs = 0;
  private clock: HeldClock;

  constructor(
    partitions: number,
    private readonly time: VirtualTime,
    private readonly syncMs: () => number,
    private readonly faults: LogFaults,
  ) {
    this.partitions = Array.from({ length: partitions }, () => ({
      records: [],
      start: 0n,
      durable: 0,
      appendMs: [],
      waiting: [],
    }));
    this.clock = this.newClock();
  }

  private get wallMs(): number {
    return this.time.nowMs + this.clockOffsetMs + this.clockStepMs;
  }

  /**
   * Confirms once it is durable, with its append time as readers see it; never when the log is down or
   * crashes before.
   */
  append(partition: number, value: Buffer, confirm: Confirm): void {
    if (!this.isUp || this.isRefusing) return;
    const timestampMs = this.clock.now();
    if (this.clock.stampRefusal() !== undefined) return;
    const of = this.partition(partition);
    const offset = of.start + BigInt(of.records.length);
    of.records.push({ offset, timestampMs, value });
    const appendMs = Math.max(timestampMs, of.appendMs.at(-1) ?? 0);
    of.appendMs.push(appendMs);
    if (this.faults.confirmsBeforeSync) confirm(appendMs, offset);
    else of.waiting.push({ upTo: of.records.length, confirm: () => confirm(appendMs, offset) });
    const { life } = this;
    this.time.after(this.syncMs(), () => {
      if (life === this.life) this.sync(of);
    });
  }

  /** Durable records from this offset on; undefined: the log is down. */
  fetch(
    partition: number,
    from: bigint,
    most: number,
  ): { readonly low: bigint; readonly records: readonly LogRecord[] } | undefined {
    if (!this.isUp) return undefined;
    const { records, start, durable } = this.partition(partition);
    const first = Number((from < start ? start : from) - start);
    return { low: start, records: records.slice(first, Math.min(durable, first + most)) };
  }

  bounds(): ReadonlyMap<number, PartitionBounds> | undefined {
    if (!this.isUp) return undefined;
    return new Map(
      this.partitions.map(({ start, durable }, partition) => [
        partition,
        { low: start, high: start + BigInt(durable) },
      ]),
    );
  }

  /** Of the first record that was appended at or after that time; the end without one. */
  offsetAt(partition: number, timestampMs: number): bigint | undefined {
    return this.isUp ? this.firstSince(partition, timestampMs) : undefined;
  }

  /** The same, whether it is up or not. */
  firstSince(partition: number, timestampMs: number): bigint {
    const { records, start, durable } = this.partition(partition);
    const index = records
      .slice(0, durable)
      .findIndex((record) => record.timestampMs >= timestampMs);
    return start + BigInt(index === -1 ? durable : index);
  }

  get partitionCount(): number {
    return this.partitions.length;
  }

  /** Everything that is durable. */
  *durableRecords(): Iterable<{ readonly partition: number; readonly record: LogRecord }> {
    for (const [partition, { records, durable }] of this.partitions.entries())
      for (const record of records.slice(0, durable)) yield { partition, record };
  }

  /** Records below this offset go, as by DeleteRecords. Returns where the partition begins then. */
  shorten(partition: number, to: bigint): bigint {
    const of = this.partition(partition);
    const gone = Number(to - of.start);
    if (gone <= 0) return of.start;
    of.records = of.records.slice(gone);
    of.appendMs = of.appendMs.slice(gone);
    of.durable -= gone;
    of.waiting = of.waiting.map(({ upTo, confirm }) => ({ upTo: upTo - gone, confirm }));
    of.start = to;
    return to;
  }

  crash(): void {
    this.isUp = false;
    this.life += 1;
    for (const of of this.partitions) {
      of.records.length = of.durable;
      of.appendMs.length = of.durable;
      of.waiting = [];
    }
  }

  /** With a clock that is right: whoever starts it has looked. */
  restart(): void {
    this.isUp = true;
    this.clockStepMs = 0;
    this.clock = this.newClock();
    // Until it stamps something it believes a clock that is set: that may be NTP, and is no fault.
    this.clock.now();
    this.clock.stampRefusal();
  }

  private newClock(): HeldClock {
    const clock = new HeldClock({
      read: () => ({ wallMs: this.wallMs, steadyMs: this.time.nowMs }),
      maxStepMs: this.faults.believesClock ? Number.MAX_SAFE_INTEGER : MAX_STEP_MS,
    });
    for (const { record } of this.durableRecords()) clock.follow(record.timestampMs);
    return clock;
  }

  private sync(of: Partition): void {
    of.durable = of.records.length;
    const { waiting } = of;
    of.waiting = waiting.filter(({ upTo }) => upTo > of.durable);
    for (const { upTo, confirm } of waiting) if (upTo <= of.durable) confirm();
  }

  private partition(number: number): Partition {
    const found = this.partitions[number];
    if (found === undefined) throw new RangeError(`no partition ${number}`);
    return found;
  }
}
