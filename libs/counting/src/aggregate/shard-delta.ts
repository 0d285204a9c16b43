import {
  encodeDeltaRows,
  encodeSeriesNames,
  type Decimal,
  type DeltaRow,
  type shardProxy,
} from '@tally/contracts';
import { OffsetSet } from '../coverage/offset-set.js';
import type { Series } from '../series/series-cache.js';
import { Cell } from '../sums/cell.js';

/** What became of an event. */
export type Fate = 'counted' | 'duplicates' | 'tooLate' | 'dead';

type Tally = Record<Fate, number>;

const RETENTION_BITS = 3;
const HOUR_MS = 3_600_000;

/** What one flush adds to one shard, while it is being summed up: for exact ranges of offsets. */
export class ShardDelta {
  private readonly cells = new Map<Series, Map<number, Cell>>();
  private readonly covered = new Map<number, OffsetSet>();
  private readonly ledger = new Map<number, Map<number, Tally>>();
  private rowCount = 0;

  constructor(private readonly topic: string) {}

  /** Number of rows so far: what its memory and its transaction grow with. */
  get rows(): number {
    return this.rowCount;
  }

  /** Series that have rows in this delta. */
  get series(): IterableIterator<Series> {
    return this.cells.keys();
  }

  /** @param minute Since 1970. @param retention Place in the list of retention classes. */
  add(series: Series, minute: number, retention: number, value: Decimal | null): void {
    let windows = this.cells.get(series);
    if (windows === undefined) this.cells.set(series, (windows = new Map<number, Cell>()));
    const window = minute * 2 ** RETENTION_BITS + retention;
    let cell = windows.get(window);
    if (cell === undefined) {
      windows.set(window, (cell = new Cell()));
      this.rowCount += 1;
    }
    cell.add(value);
  }

  /** Enters an event into the ledger of the hour in which it was appended. */
  enter(partition: number, appendMs: number, fate: Fate): void {
    let hours = this.ledger.get(partition);
    if (hours === undefined) this.ledger.set(partition, (hours = new Map<number, Tally>()));
    const hour = Math.floor(appendMs / HOUR_MS);
    let tally = hours.get(hour);
    if (tally === undefined)
      hours.set(hour, (tally = { counted: 0, duplicates: 0, tooLate: 0, dead: 0 }));
    tally[fate] += 1;
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
  ): Pick<shardProxy.ApplyDeltaRequest, 'ranges' | 'rows' | 'series' | 'ledger'> {
    const unknown = [...this.cells.keys()].filter((series) => !isKnown(series));
    return {
      ranges: [...this.covered].map(([partition, set]) => ({
        partition: { topic: this.topic, partition },
        ranges: [...set].map(({ from, to }) => ({ from: String(from), to: String(to) })),
      })),
      rows: encodeDeltaRows([...this.deltaRows()]),
      series: encodeSeriesNames(unknown),
      ledger: [...this.ledger].flatMap(([partition, hours]) =>
        [...hours].map(([hour, tally]) => ({
          partition: { topic: this.topic, partition },
          hour,
          counted: String(tally.counted),
          duplicates: String(tally.duplicates),
          tooLate: String(tally.tooLate),
          dead: String(tally.dead),
        })),
      ),
    };
  }

  private *deltaRows(): Generator<DeltaRow> {
    for (const [series, windows] of this.cells) {
      for (const [window, cell] of windows) {
        yield {
          series: series.id,
          minute: Math.floor(window / 2 ** RETENTION_BITS),
          retention: window % 2 ** RETENTION_BITS,
          count: BigInt(cell.count),
          valued: BigInt(cell.valued),
          sum: cell.sum,
          min: cell.min,
          max: cell.max,
        };
      }
    }
  }
}
