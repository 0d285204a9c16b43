import { encodeSeriesNames, SERIES_ID_BYTES, type SeriesName } from '@tally/contracts';
import type { SeriesPlaces } from './series-places.js';

const FIRST_BYTES = 2048;
const FIRST_ENTRIES = 32;
const LENGTH_BYTES = 2;

/** Ids and names of series by number, one behind the other as `encodeSeriesNames` writes them. */
export class SeriesEntries {
  private bytes = Buffer.allocUnsafe(FIRST_BYTES);
  /** By series: where its entry begins; and where the last one ends. */
  private starts = new Float64Array(FIRST_ENTRIES);
  private count = 0;

  /** The next one. */
  add(name: SeriesName): void {
    this.append(encodeSeriesNames([name]));
  }

  /** The next one is that of another table. */
  copy(from: SeriesEntries, series: number): void {
    this.append(from.entry(series));
  }

  /** The bytes of its entry; they may move when one is added. */
  entry(series: number): Buffer {
    return this.bytes.subarray(this.starts[series], this.starts[series + 1]);
  }

  /** Length of its entry. */
  lengthOf(series: number): number {
    return (this.starts[series + 1] ?? 0) - (this.starts[series] ?? 0);
  }

  /** Copies its entry, or the first `length` bytes of it, and returns the position behind. */
  write(series: number, into: Buffer, at: number, length = this.lengthOf(series)): number {
    const { bytes } = this;
    const from = this.starts[series] ?? 0;
    for (let index = 0; index < length; index++) into[at + index] = bytes[from + index] ?? 0;
    return at + length;
  }

  /** Whether it is the series of all events with the names that lie there. */
  isNamed(series: number, bytes: Buffer, places: SeriesPlaces): boolean {
    const project = (this.starts[series] ?? 0) + SERIES_ID_BYTES;
    const type = this.behind(project, bytes, places.project, places.projectEnd);
    const subject = this.behind(type, bytes, places.type, places.typeEnd);
    return this.behind(subject, bytes, places.subject, places.subjectEnd) > 0;
  }

  /** Where the text at `at` ends, if it has those bytes, and 0 otherwise. */
  private behind(at: number, bytes: Buffer, from: number, to: number): number {
    const own = this.bytes;
    const length = ((own[at] ?? 0) << 8) | (own[at + 1] ?? 0);
    if (at === 0 || length !== to - from) return 0;
    const begin = at + LENGTH_BYTES;
    for (let index = 0; index < length; index++)
      if (own[begin + index] !== bytes[from + index]) return 0;
    return begin + length;
  }

  private append(entry: Uint8Array): void {
    const { count } = this;
    if (count + 2 > this.starts.length) {
      const starts = new Float64Array(this.starts.length * 2);
      starts.set(this.starts);
      this.starts = starts;
    }
    const at = this.starts[count] ?? 0;
    if (at + entry.length > this.bytes.length) {
      const bytes = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, at + entry.length));
      this.bytes.copy(bytes, 0, 0, at);
      this.bytes = bytes;
    }
    this.bytes.set(entry, at);
    this.starts[count + 1] = at + entry.length;
    this.count += 1;
  }
}
