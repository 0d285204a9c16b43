import {
  DEFAULT_EVENT_TYPE,
  DELTA_ROW_BYTES,
  DeltaRowWriter,
  FATES,
  HOUR_MS,
  MAX_MESSAGE_BYTES,
  SERIES_ID_BYTES,
  type Fate,
  type IndexRange,
  type OffsetRange,
  type shardProxy,
} from '@tally/contracts';
import { OffsetSet } from '../coverage/offset-set.js';
import { NO_SERIES, type SeriesTable, type SeriesUser } from '../series/series-table.js';
import { DeltaSketches } from '../sketches/delta-sketches.js';
import type { SketchedEvent } from '../sketches/sketched-event.js';
import { RowIndex } from '../sums/row-index.js';
import { RowSums } from '../sums/row-sums.js';

/** What an event adds to the sums of its rows: nothing, or unscaled / 10^scale, an exact decimal. */
export interface AddedValue {
  readonly isValued: boolean;
  readonly unscaled: number;
  readonly scale: number;
}

/** How many events had which fate. */
export type EventsByFate = Record<Fate, number>;

/** Of no event. */
export function noFates(): EventsByFate {
  return { counted: 0, duplicates: 0, conflicting: 0, tooLate: 0, dead: 0, expired: 0 };
}

const RETENTION_BITS = 3;
const NO_ROW = -1;
const NOTHING = Buffer.alloc(0);
/** More than a range of indexes takes. */
const INDEXES_BYTES = 14;
/** More than a range of offsets or an entry of the ledger takes, beside the name of the topic. */
const ENTRY_BYTES = 96;

/**
 * More than one record adds to a delta. Of an event at most 382 bytes do not follow from its own: two
 * rows of 72, for each of them four sketches of different values (19) and one of values (18), and around
 * its two series names 24 each and the braces of the dimensions. Its own become at most six times as
 * many: project, type and subject stand in both names, and in the dimensions' JSON a control character
 * takes six. So a body of 512 KiB with the most events, of which 20 bytes each are no text, comes to
 * 5.8 MB. An event that comes to a sketch which is there adds less to it than the first one did. What the
 * catalogue adds to names is beside that, see `enrichedBytes`.
 */
export const MAX_RECORD_DELTA_BYTES = 6 << 20;

/** More than the instants of a flush and what frames it: enough for some thousand partitions. */
const ENVELOPE_BYTES = 1 << 20;
/** A delta may have so many bytes when one more record is counted into it. */
export const MAX_DELTA_BYTES = MAX_MESSAGE_BYTES - MAX_RECORD_DELTA_BYTES - ENVELOPE_BYTES;

/**
 * What one flush adds to one shard, while it is being summed up: for exact ranges of offsets. A record
 * is folded in between `begin` and `complete`; no message is made of a delta that has one in halves.
 */
export class ShardDelta implements SeriesUser {
  private readonly index = new RowIndex();
  private readonly sums = new RowSums();
  private readonly sketches = new DeltaSketches();
  /** Series whose names the shard does not have for sure: it has to be told. */
  private untold: number[] = [];
  private readonly covered = new Map<number, OffsetSet>();
  private readonly ledger = new Map<number, Map<number, EventsByFate>>();
  private readonly dead: shardProxy.DeadRecord[] = [];
  /** Among those who use the table. */
  private readonly user: number;
  private byteCount = 0;
  /** A record is folded in by halves, until `complete`. */
  private isFolding = false;

  /** It uses the table until `close`. */
  constructor(
    private readonly topic: string,
    private readonly table: SeriesTable,
  ) {
    this.user = table.join(this);
  }

  /** Number of rows so far: what its memory and its transaction grow with. */
  get rows(): number {
    return this.index.size;
  }

  /** At least what its message takes, without instants. */
  get bytes(): number {
    return this.byteCount + this.sketches.bytes;
  }

  /** Comes before all that a record adds. Throws when another was never completed. */
  begin(): void {
    this.assertWhole();
    this.isFolding = true;
  }

  /**
   * @param minute Since 1970. @param retention Index in the list of retention classes.
   * @returns The row that has it.
   */
  add(series: number, minute: number, retention: number, value: AddedValue): number {
    const { table, index, sums } = this;
    const window = minute * 2 ** RETENTION_BITS + retention;
    const isNew = table.use(series, this.user);
    // Mostly the same window as last time: the table keeps its row, and nothing is looked up.
    let row = isNew ? NO_ROW : table.kept(series);
    if (row === NO_ROW || index.windowOf(row) !== window) {
      const rows = index.size;
      row = index.row(series, window);
      table.keep(series, row);
      if (index.size > rows) this.byteCount += DELTA_ROW_BYTES;
    }
    if (value.isValued) sums.add(row, value.unscaled, value.scale);
    else sums.count(row);
    if (!isNew || table.isTold(series)) return row;
    this.untold.push(series);
    this.byteCount += table.entryLength(series);
    return row;
  }

  /** What was added to the row last goes into its sketches too. */
  sketch(row: number, event: SketchedEvent): void {
    this.sketches.add(row, event);
  }

  /** As the table says. */
  renumber(numbers: Int32Array): void {
    this.index.renumber(numbers);
    this.untold = this.untold.map((series) => numbers[series] ?? NO_SERIES);
  }

  /**
   * The shard has it now, and with it the names that it was told.
   *
   * @param refused Ids of the split series that it has too many of, 16 bytes each.
   */
  applied(refused: Buffer = NOTHING): void {
    const { table, untold } = this;
    const ids = new Set<string>();
    for (let at = 0; at < refused.length; at += SERIES_ID_BYTES)
      ids.add(refused.toString('latin1', at, at + SERIES_ID_BYTES));
    for (const series of untold)
      if (ids.size > 0 && ids.has(table.entry(series).toString('latin1', 0, SERIES_ID_BYTES)))
        table.refuse(series);
      else table.tell(series);
    this.close();
  }

  /**
   * What goes in place of the same members of its message where it is sent again: the names of all of its
   * split series. Who answers then may be an older copy of the shard that was never told of some, or that
   * gave their room to others since; nobody would find rows without a name in any group.
   */
  namesAgain(): Pick<shardProxy.ApplyDeltaRequest, 'seriesNames' | 'splitRules'> {
    const { index, table } = this;
    const told = new Set(this.untold);
    for (let row = 0; row < index.size; row++) {
      const series = index.seriesOf(row);
      if (table.isSplit(series)) told.add(series);
    }
    this.untold = [...told];
    return { seriesNames: this.nameBytes(), splitRules: this.splitRules() };
  }

  /** Nothing comes of it any more. */
  close(): void {
    this.table.leave(this.user);
  }

  /**
   * All of a record is in the sums: enters the fates of its events into the ledger of the hour in which
   * it was appended, and its offset into what the delta covers. Offsets of a partition come in order.
   *
   * @param deadIndexes Of its events that are kept beside the log, those that the shard is told of.
   */
  complete(
    partition: number,
    offset: bigint,
    appendMs: number,
    events: EventsByFate,
    deadIndexes: readonly IndexRange[] = [],
  ): void {
    this.enter(partition, appendMs, events);
    if (deadIndexes.length > 0) this.bury(partition, offset, appendMs, deadIndexes);
    this.cover(partition, offset, offset + 1n);
    this.isFolding = false;
  }

  /** The shard has nothing at these offsets of the partition. */
  pass(partition: number, { from, to }: OffsetRange): void {
    this.cover(partition, from, to);
  }

  private bury(
    partition: number,
    offset: bigint,
    appendMs: number,
    indexes: readonly IndexRange[],
  ): void {
    const hour = Math.floor(appendMs / HOUR_MS);
    const of = { topic: this.topic, partition };
    this.dead.push({ partition: of, offset: String(offset), hour, indexes: [...indexes] });
    this.byteCount += ENTRY_BYTES + this.topic.length + indexes.length * INDEXES_BYTES;
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

  private cover(partition: number, from: bigint, to: bigint): void {
    let set = this.covered.get(partition);
    if (set === undefined) this.covered.set(partition, (set = new OffsetSet()));
    if (set.end !== from || from === 0n) this.byteCount += ENTRY_BYTES + this.topic.length;
    set.add(from, to);
  }

  /** Throws while a record is in it by halves: counting failed, and what is there must not be told. */
  toMessage(): Omit<shardProxy.ApplyDeltaRequest, 'shard' | 'epoch' | 'instants'> {
    this.assertWhole();
    const sketches = this.sketches.encode();
    return {
      ...(sketches === undefined ? {} : { sketches }),
      ranges: [...this.covered].map(([partition, set]) => ({
        partition: { topic: this.topic, partition },
        ranges: [...set].map(({ from, to }) => ({ from: String(from), to: String(to) })),
      })),
      rows: this.rowBytes(),
      seriesNames: this.nameBytes(),
      splitRules: this.splitRules(),
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
      dead: this.dead,
    };
  }

  private assertWhole(): void {
    if (this.isFolding) throw new Error('expected whole records in a delta, got a part of one');
  }

  /** Of the types of split series that the shard is told of. */
  private splitRules(): shardProxy.SplitRule[] {
    const { untold, table } = this;
    const types = new Set(
      untold.filter((series) => table.isSplit(series)).map((series) => table.typeOf(series)),
    );
    return [...types].map(({ project, type, definition = DEFAULT_EVENT_TYPE }) => ({
      project,
      type,
      dimensions: [...definition.dimensions, ...definition.enriched].toSorted(),
      most: definition.cardinalityLimit,
    }));
  }

  private rowBytes(): Buffer {
    const { index, sums, table } = this;
    const writer = new DeltaRowWriter(index.size);
    for (let row = 0; row < index.size; row++) {
      const window = index.windowOf(row);
      const minute = Math.floor(window / 2 ** RETENTION_BITS);
      const at = writer.add(minute, window % 2 ** RETENTION_BITS, sums.totals(row));
      table.writeEntry(index.seriesOf(row), writer.bytes, at, SERIES_ID_BYTES);
    }
    return writer.bytes;
  }

  private nameBytes(): Buffer {
    const { untold, table } = this;
    const bytes = Buffer.allocUnsafe(
      untold.reduce((sum, series) => sum + table.entryLength(series), 0),
    );
    untold.reduce((at, series) => table.writeEntry(series, bytes, at), 0);
    return bytes;
  }
}
