import {
  DeltaRowWriter,
  encodeSeriesNames,
  HOUR_MS,
  type Decimal,
  type shardProxy,
} from '@tally/contracts';
import { OffsetSet } from '../coverage/offset-set.js';
import type { Series } from '../series/series-cache.js';
import { Cell } from '../sums/cell.js';

/** What became of an event. */
export type Fate = (typeof FATES)[number];
const FATES = ['counted', 'duplicates', 'tooLate', 'dead', 'expired'] as const;

/** How many events had which fate. */
export type EventsByFate = Record<Fate, number>;

/** Of no event. */
export function noFates(): EventsByFate {
  return { counted: 0, duplicates: 0, tooLate: 0, dead: 0, expired: 0 };
}

const RETENTION_BITS = 3;

/** What one flush adds to one shard, while it is being summed up: for exact ranges of offsets. */
export class ShardDelta {
  /** By key of the series. */
  private readonly sums = new Map<string, SeriesSums>();
  private readonly covered = new Map<number, OffsetSet>();
  private readonly ledger = new Map<number, Map<number, EventsByFate>>();
  private rowCount = 0;

  constructor(private readonly topic: string) {}

  /** Number of rows so far: what its memory and its transaction grow with. */
  get rows(): number {
    return this.rowCount;
  }

  /** Series that have rows in this delta. */
  get series(): Series[] {
    return Array.from(this.sums.values(), ({ series }) => series);
  }

  /** @param minute Since 1970. @param retention Index in the list of retention classes. */
  add(series: Series, minute: number, retention: number, value: Decimal | null): void {
    const window = minute * 2 ** RETENTION_BITS + retention;
    const sums = this.sums.get(series.key);
    if (sums === undefined) this.sums.set(series.key, new SeriesSums(series, window, value));
    if (sums === undefined || sums.add(window, value)) this.rowCount += 1;
  }

  /** Enters the events of a record into the ledger of the hour in which it was appended. */
  enter(partition: number, appendMs: number, events: Readonly<EventsByFate>): void {
    // Nothing to book: the shard has no event of this record.
    if (FATES.every((fate) => events[fate] === 0)) return;
    let hours = this.ledger.get(partition);
    if (hours === undefined) this.ledger.set(partition, (hours = new Map<number, EventsByFate>()));
    const hour = Math.floor(appendMs / HOUR_MS);
    const entry = hours.get(hour);
    if (entry === undefined) hours.set(hour, { ...events });
    else for (const fate of FATES) entry[fate] += events[fate];
  }

  /** Says that the record at this offset is in the sums. Offsets of a partition come in order. */
  cover(partition: number, offset: bigint): void {
    let set = this.covered.get(partition);
    if (set === undefined) this.covered.set(partition, (set = new OffsetSet()));
    set.add(offset, offset + 1n);
  }

  /** @param isKnown Series whose names the shard has for sure. */
  toMessage(
    isKnown: (series: Series) => boolean,
  ): Pick<shardProxy.ApplyDeltaRequest, 'ranges' | 'rows' | 'seriesNames' | 'ledger'> {
    const unknown = this.series.filter((series) => !isKnown(series));
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
        })),
      ),
    };
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
