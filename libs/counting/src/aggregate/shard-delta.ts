import {
  DELTA_ROW_BYTES,
  DeltaRowWriter,
  encodeSeriesNames,
  FATES,
  HOUR_MS,
  seriesNameBytes,
  type Decimal,
  type Fate,
  type shardProxy,
} from '@tally/contracts';
import { OffsetSet } from '../coverage/offset-set.js';
import type { Series } from '../series/series-cache.js';
import { Cell } from '../sums/cell.js';

/** How many events had which fate. */
export type EventsByFate = Record<Fate, number>;

/** Of no event. */
export function noFates(): EventsByFate {
  return { counted: 0, duplicates: 0, conflicting: 0, tooLate: 0, dead: 0, expired: 0 };
}

const RETENTION_BITS = 3;
/** More than a range of offsets or an entry of the ledger takes, beside the name of the topic. */
const ENTRY_BYTES = 96;

/**
 * More than one record adds to a delta. Of an event at most 194 bytes do not follow from its own: two
 * rows of 72, and around its two series names 24 each and the braces of the dimensions. Its own become
 * at most six times as many: project, type and subject stand in both names, and in the dimensions' JSON
 * a control character takes six. So a body of 512 KiB with the most events, of which 20 bytes each are
 * no text, comes to 3.8 MB.
 */
export const MAX_RECORD_DELTA_BYTES = 4 << 20;

/**
 * What one flush adds to one shard, while it is being summed up: for exact ranges of offsets. A record
 * is folded in between `begin` and `complete`; no message is made of a delta that has one in halves.
 */
export class ShardDelta {
  /** By key of the series. */
  private readonly sums = new Map<string, SeriesSums>();
  private readonly covered = new Map<number, OffsetSet>();
  private readonly ledger = new Map<number, Map<number, EventsByFate>>();
  private rowCount = 0;
  private byteCount = 0;
  /** A record is folded in by halves, until `complete`. */
  private isFolding = false;

  /** @param isKnown Series whose names the shard has for sure, and need not be told. */
  constructor(
    private readonly topic: string,
    private readonly isKnown: (series: Series) => boolean = () => false,
  ) {}

  /** Number of rows so far: what its memory and its transaction grow with. */
  get rows(): number {
    return this.rowCount;
  }

  /** At least what its message takes, without instants. */
  get bytes(): number {
    return this.byteCount;
  }

  /** Series that have rows in this delta. */
  get series(): Series[] {
    return Array.from(this.sums.values(), ({ series }) => series);
  }

  /** Comes before all that a record adds. Throws when another was never completed. */
  begin(): void {
    this.assertWhole();
    this.isFolding = true;
  }

  /** @param minute Since 1970. @param retention Index in the list of retention classes. */
  add(series: Series, minute: number, retention: number, value: Decimal | null): void {
    const window = minute * 2 ** RETENTION_BITS + retention;
    const sums = this.sums.get(series.key);
    if (sums === undefined) {
      this.sums.set(series.key, new SeriesSums(series, window, value));
      if (!this.isKnown(series)) this.byteCount += seriesNameBytes(series);
    }
    if (sums !== undefined && !sums.add(window, value)) return;
    this.rowCount += 1;
    this.byteCount += DELTA_ROW_BYTES;
  }

  /**
   * All of a record is in the sums: enters the fates of its events into the ledger of the hour in which
   * it was appended, and its offset into what the delta covers. Offsets of a partition come in order.
   */
  complete(partition: number, offset: bigint, appendMs: number, events: EventsByFate): void {
    this.enter(partition, appendMs, events);
    this.cover(partition, offset);
    this.isFolding = false;
  }

  private enter(partition: number, appendMs: number, events: Readonly<EventsByFate>): void {
    // Nothing to book: the shard has no event of this record.
    if (FATES.every((fate) => events[fate] === 0)) return;
    let hours = this.ledger.get(partition);
    if (hours === undefined) this.ledger.set(partition, (hours = new Map<number, EventsByFate>()));
    const hour = Math.floor(appendMs / HOUR_MS);
    const entry = hours.get(hour);
    if (entry === undefined) {
      hours.set(hour, { ...events });
      this.byteCount += ENTRY_BYTES + this.topic.length;
    } else for (const fate of FATES) entry[fate] += events[fate];
  }

  private cover(partition: number, offset: bigint): void {
    let set = this.covered.get(partition);
    if (set === undefined) this.covered.set(partition, (set = new OffsetSet()));
    if (set.end !== offset || offset === 0n) this.byteCount += ENTRY_BYTES + this.topic.length;
    set.add(offset, offset + 1n);
  }

  /** Throws while a record is in it by halves: counting failed, and what is there must not be told. */
  toMessage(): Pick<shardProxy.ApplyDeltaRequest, 'ranges' | 'rows' | 'seriesNames' | 'ledger'> {
    this.assertWhole();
    const unknown = this.series.filter((series) => !this.isKnown(series));
    return {
      ranges: [...this.covered].map(([partition, set]) => ({
        partition: { topic: this.topic, partition },
        ranges: [...set].map(({ from, to }) => ({ from: String(from), to: String(to) })),
      })),
      rows: this.rowBytes(),
      seriesNames: encodeSeriesNames(unknown),
      ledger: [...this.ledger].flatMap(([partition, hours]) =>
        [...hours].map(([hour, entry]) => ({
          partition: { topic: this.topic, partition },
          hour,
          counted: String(entry.counted),
          duplicates: String(entry.duplicates),
          tooLate: String(entry.tooLate),
          dead: String(entry.dead),
          expired: String(entry.expired),
          conflicting: String(entry.conflicting),
        })),
      ),
    };
  }

  private assertWhole(): void {
    if (this.isFolding) throw new Error('expected whole records in a delta, got a part of one');
  }

  private rowBytes(): Buffer {
    const writer = new DeltaRowWriter(this.rowCount);
    for (const { series, last, earlier } of this.sums.values()) {
      writeRow(writer, series, last);
      for (const cell of earlier?.values() ?? []) writeRow(writer, series, cell);
    }
    return writer.bytes;
  }
}

function writeRow(writer: DeltaRowWriter, { id }: Series, { window, totals }: WindowCell): void {
  const minute = Math.floor(window / 2 ** RETENTION_BITS);
  writer.add(id, minute, window % 2 ** RETENTION_BITS, totals);
}

class WindowCell extends Cell {
  constructor(readonly window: number) {
    super();
  }
}

/** The windows of one series: mostly one, since a flush is much shorter than a minute. */
class SeriesSums {
  /** Of the last event: the next mostly belongs there too. */
  last: WindowCell;
  /** The others, by window. */
  earlier: Map<number, WindowCell> | undefined;

  constructor(
    readonly series: Series,
    window: number,
    value: Decimal | null,
  ) {
    this.last = new WindowCell(window);
    this.last.add(value);
  }

  /** True when the window is a new one. */
  add(window: number, value: Decimal | null): boolean {
    const isNew = window !== this.last.window && this.moveTo(window);
    this.last.add(value);
    return isNew;
  }

  private moveTo(window: number): boolean {
    this.earlier ??= new Map<number, WindowCell>();
    this.earlier.set(this.last.window, this.last);
    const known = this.earlier.get(window);
    this.earlier.delete(window);
    this.last = known ?? new WindowCell(window);
    return known === undefined;
  }
}
