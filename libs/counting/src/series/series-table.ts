import { areNames, type Event, type EventTypeDefinition } from '@tally/contracts';
import { seriesId, slotOf, type Dimensions, type ShardMap } from '@tally/placement';
import { SeriesEntries } from './series-entries.js';
import { hashOfNames, placeNames, type SeriesPlaces } from './series-places.js';

/** No series has this number. */
export const NO_SERIES = -1;

const FIRST_BUCKETS = 64;
/** A bucket is free. */
const FREE = -1;

/** Something that names series by their numbers. */
export interface SeriesUser {
  /** The series got other numbers. @param numbers By number so far. */
  renumber(numbers: Int32Array): void;
}

/** What is known of a type of events. */
export interface SeriesType {
  readonly project: string;
  readonly type: string;
  /** What it meant last, and in which version of the registry. */
  definition: EventTypeDefinition | undefined;
  registryVersion: number;
}

/** What is kept of each series, by its number. */
class Columns {
  /** Of its names; of a split series nothing. */
  readonly hash: Int32Array;
  readonly isSplit: Uint8Array;
  readonly shard: Int32Array;
  readonly type: Int32Array;
  /** The user that used it last. */
  readonly user: Int32Array;
  readonly isTold: Uint8Array;
  private readonly all: readonly (Int32Array | Uint8Array)[];

  constructor(readonly capacity: number) {
    this.hash = new Int32Array(capacity);
    this.isSplit = new Uint8Array(capacity);
    this.shard = new Int32Array(capacity);
    this.type = new Int32Array(capacity);
    this.user = new Int32Array(capacity);
    this.isTold = new Uint8Array(capacity);
    this.all = [this.hash, this.isSplit, this.shard, this.type, this.user, this.isTold];
  }

  copy(from: Columns, series: number, to: number): void {
    for (let index = 0; index < this.all.length; index++) {
      const column = this.all[index];
      if (column !== undefined) column[to] = from.all[index]?.[series] ?? 0;
    }
  }

  /** The same with more room. */
  grown(): Columns {
    const larger = new Columns(this.capacity * 2);
    for (const [index, column] of this.all.entries()) larger.all[index]?.set(column);
    return larger;
  }
}

/**
 * The series that events count for, as numbers from 0. One is found by the bytes of its names where they
 * lie in an event: nothing is decoded for a known one. About 100 bytes each.
 *
 * When there are too many, those are forgotten that nobody used for longest, and the others get new
 * numbers: a number is good until the next series is added, or for a user that hears of it.
 */
export class SeriesTable {
  private count = 0;
  private limit: number;
  private buckets = new Int32Array(FIRST_BUCKETS).fill(FREE);
  /** The upper bits of a hash choose the bucket. */
  private shift = Math.clz32(FIRST_BUCKETS - 1);
  private columns = new Columns(FIRST_BUCKETS / 2);
  private entries = new SeriesEntries();
  private types: SeriesType[] = [];
  private typeNumbers = new Map<string, number>();
  /** By names of the subject, names of dimensions and their values. */
  private splits = new Map<string, number>();
  private readonly users = new Map<number, SeriesUser>();
  private lastUser = 0;

  /** @param maxSeries Most that are remembered, as long as not more are in use. */
  constructor(
    private readonly shardMap: ShardMap,
    private readonly maxSeries: number,
  ) {
    this.limit = maxSeries;
  }

  /** How many are remembered. */
  get size(): number {
    return this.count;
  }

  /** The series of all events of a subject whose names lie there; NO_SERIES when it is not remembered. */
  find(bytes: Buffer, places: SeriesPlaces): number {
    const hash = hashOfNames(bytes, places);
    const { buckets, columns, entries } = this;
    const mask = buckets.length - 1;
    for (let bucket = hash >>> this.shift; ; bucket = (bucket + 1) & mask) {
      const series = buckets[bucket] ?? FREE;
      if (series === FREE) return NO_SERIES;
      if (columns.hash[series] === hash && entries.isNamed(series, bytes, places)) return series;
    }
  }

  /** The series of all events of a subject; NO_SERIES when no project or no type has such a name. */
  all({ project, type, subject }: Event): number {
    const { bytes, places } = placeNames(project, type, subject);
    const known = this.find(bytes, places);
    if (known !== NO_SERIES || !areNames(project, type)) return known;
    const series = this.add(project, type, subject, [], '');
    const hash = hashOfNames(bytes, places);
    this.columns.hash[series] = hash;
    this.place(series, hash);
    return series;
  }

  /** The series of an event's values of these dimensions. Its project and type are names. */
  split({ project, type, subject, attributes }: Event, names: readonly string[]): number {
    // A dimension may be called `constructor`, which every object has without having got it.
    const dimensions = names.map(
      (name) => [name, Object.hasOwn(attributes, name) ? attributes[name] : undefined] as const,
    );
    // What is absent belongs to the id, so also to the key: in a list it becomes null, which no value is.
    const key = `${project}\0${type}\0${subject}\0${JSON.stringify(dimensions)}`;
    const known = this.splits.get(key);
    if (known !== undefined) return known;
    const text = JSON.stringify(Object.fromEntries(dimensions));
    const series = this.add(project, type, subject, dimensions, text);
    this.columns.isSplit[series] = 1;
    this.splits.set(key, series);
    return series;
  }

  shardOf(series: number): number {
    return this.columns.shard[series] ?? 0;
  }

  typeOf(series: number): SeriesType {
    const type = this.types[this.columns.type[series] ?? 0];
    if (type === undefined) throw new RangeError(`expected a series, got ${series}`);
    return type;
  }

  /** Ids and names of the series, by number. */
  get names(): SeriesEntries {
    return this.entries;
  }

  /** Whether the shard of the series has its names for sure. */
  isTold(series: number): boolean {
    return this.columns.isTold[series] !== 0;
  }

  tell(series: number): void {
    this.columns.isTold[series] = 1;
  }

  /** What it uses is remembered until it leaves. Returns its number. */
  join(user: SeriesUser): number {
    this.lastUser += 2;
    this.users.set(this.lastUser, user);
    return this.lastUser;
  }

  leave(user: number): void {
    this.users.delete(user);
  }

  /** False when this user has used the series already, and nobody else since. */
  use(series: number, user: number): boolean {
    const { columns } = this;
    if (columns.user[series] === user) return false;
    columns.user[series] = user;
    return true;
  }

  private add(
    project: string,
    type: string,
    subject: string,
    dimensions: Dimensions,
    text: string,
  ): number {
    if (this.count >= this.limit) this.forget();
    if (this.count === this.columns.capacity) {
      this.columns = this.columns.grown();
      this.placeAll();
    }
    const series = this.count;
    const id = seriesId(project, type, subject, dimensions);
    this.entries.add({ id, project, type, subject, dimensions: text });
    const { columns } = this;
    columns.shard[series] = this.shardMap.shardOf(slotOf(id));
    columns.type[series] = this.typeNumber(project, type);
    columns.isSplit[series] = 0;
    columns.isTold[series] = 0;
    // By nobody: users have even numbers. And later than all that was used before.
    columns.user[series] = this.lastUser + 1;
    this.count += 1;
    return series;
  }

  private typeNumber(project: string, type: string): number {
    const key = `${project}\0${type}`;
    const known = this.typeNumbers.get(key);
    if (known !== undefined) return known;
    const number = this.types.length;
    this.types.push({ project, type, definition: undefined, registryVersion: -1 });
    this.typeNumbers.set(key, number);
    return number;
  }

  private place(series: number, hash: number): void {
    const { buckets } = this;
    const mask = buckets.length - 1;
    let bucket = hash >>> this.shift;
    while (buckets[bucket] !== FREE) bucket = (bucket + 1) & mask;
    buckets[bucket] = series;
  }

  private placeAll(): void {
    const { columns } = this;
    const buckets = columns.capacity * 2;
    this.buckets = new Int32Array(buckets).fill(FREE);
    this.shift = Math.clz32(buckets - 1);
    for (let series = 0; series < this.count; series++)
      if (columns.isSplit[series] === 0) this.place(series, columns.hash[series] ?? 0);
  }

  /** Half of them stay, or all that are in use. */
  private forget(): void {
    const { count, columns, entries, types, splits } = this;
    const kept = this.usedSince();
    const numbers = new Int32Array(count).fill(NO_SERIES);
    this.columns = new Columns(columns.capacity);
    this.entries = new SeriesEntries();
    this.types = [];
    this.typeNumbers = new Map<string, number>();
    this.count = 0;
    for (let series = 0; series < count; series++) {
      if ((columns.user[series] ?? 0) < kept) continue;
      const number = this.count;
      numbers[series] = number;
      this.columns.copy(columns, series, number);
      this.entries.copy(entries, series);
      const { project, type } = types[columns.type[series] ?? 0] ?? { project: '', type: '' };
      this.columns.type[number] = this.typeNumber(project, type);
      this.count += 1;
    }
    this.splits = new Map<string, number>();
    for (const [key, series] of splits) {
      const number = numbers[series] ?? NO_SERIES;
      if (number !== NO_SERIES) this.splits.set(key, number);
    }
    this.placeAll();
    this.limit = Math.max(this.maxSeries, this.count * 2);
    for (const user of this.users.values()) user.renumber(numbers);
  }

  /** The first user whose series stay. */
  private usedSince(): number {
    const used = this.columns.user.slice(0, this.count).sort();
    const half = (used[this.count - (this.count >> 1)] ?? 0) + 1;
    const [oldest = half] = this.users.keys();
    return Math.min(half, oldest);
  }
}
