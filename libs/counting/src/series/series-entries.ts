import {
  encodeSeriesNames,
  SERIES_ID_BYTES,
  SERIES_NAME_TEXTS,
  seriesTextEnd,
  seriesTextStart,
  type SeriesName,
} from '@tally/contracts';
import type { SeriesPlaces } from './series-places.js';

const FIRST_BYTES = 2048;

/**
 * Ids and names of series, one behind the other as `encodeSeriesNames` writes them; one is known by
 * where it begins.
 */
export class SeriesEntries {
  private bytes = Buffer.allocUnsafe(FIRST_BYTES);
  private end = 0;

  /** Returns where it begins. */
  add(name: SeriesName): number {
    return this.append(encodeSeriesNames([name]));
  }

  /** The same as that of another table. Returns where it begins. */
  copy(from: SeriesEntries, start: number): number {
    return this.append(from.read(start));
  }

  /** Its bytes, which may move when one is added. */
  read(start: number): Buffer {
    return this.bytes.subarray(start, start + this.lengthAt(start));
  }

  lengthAt(start: number): number {
    const { bytes } = this;
    let at = start + SERIES_ID_BYTES;
    for (let text = 0; text < SERIES_NAME_TEXTS; text++) at = seriesTextEnd(bytes, at);
    return at - start;
  }

  /** Copies the first `length` bytes of it, and returns the position behind. */
  write(start: number, into: Buffer, at: number, length: number): number {
    const { bytes } = this;
    for (let index = 0; index < length; index++) into[at + index] = bytes[start + index] ?? 0;
    return at + length;
  }

  /** Whether it is the series of all events with the names that lie there. */
  isNamed(start: number, bytes: Buffer, places: SeriesPlaces): boolean {
    const type = this.behind(start + SERIES_ID_BYTES, bytes, places.project, places.projectEnd);
    const subject = this.behind(type, bytes, places.type, places.typeEnd);
    return this.behind(subject, bytes, places.subject, places.subjectEnd) > 0;
  }

  /** Where the text at `at` ends, if it has those bytes, and 0 otherwise. */
  private behind(at: number, bytes: Buffer, from: number, to: number): number {
    const own = this.bytes;
    const begin = seriesTextStart(at);
    const end = seriesTextEnd(own, at);
    if (at === 0 || end - begin !== to - from) return 0;
    for (let index = from; index < to; index++)
      if (own[begin + index - from] !== bytes[index]) return 0;
    return end;
  }

  private append(entry: Uint8Array): number {
    const start = this.end;
    this.end += entry.length;
    if (this.end > this.bytes.length) {
      const bytes = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.end));
      this.bytes.copy(bytes, 0, 0, start);
      this.bytes = bytes;
    }
    this.bytes.set(entry, start);
    return start;
  }
}
